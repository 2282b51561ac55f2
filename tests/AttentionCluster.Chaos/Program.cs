using System.CommandLine;
using AttentionCluster.Chaos.Commands;

var chaos = new RootCommand("Kills, stops and cuts off real nodes while they compute, and looks whether the bits are still the same.")
{
    RunCommand.Create(),
    InvarianceCommand.Create(),
    KillsCommand.Create(),
    FiguresCommand.Create(),
};

return await Interruptible.RunAsync(chaos, args);
