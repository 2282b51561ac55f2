using System.CommandLine;
using AttentionCluster.Chaos.Commands;
using AttentionCluster.Chaos.Upgrading;

var chaos = new RootCommand("Kills, stops and cuts off real nodes while they compute, and looks whether the bits are still the same.")
{
    RunCommand.Create(),
    InvarianceCommand.Create(),
    KillsCommand.Create(),
    FiguresCommand.Create(),
    UpgradeCommand.Create(),
};

return await Interruptible.RunAsync(chaos, args);
