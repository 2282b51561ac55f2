using System.CommandLine;
using AttentionCluster.Chaos.Killing;

namespace AttentionCluster.Chaos.Commands;

/// <summary><c>kills</c>: gateways killed at random moments while clients send jobs with keys.</summary>
internal sealed class KillsCommand
{
    private readonly Option<int> _seed = new("--seed") { Description = "Which moments, and which jobs", Required = true };
    private readonly Option<int> _kills = new("--kills") { Description = "How many kills", DefaultValueFactory = _ => 200 };
    private readonly Option<double> _patience = new("--patience")
    {
        Description = "Seconds after the last kill in which everything has to "
        + "end",
        DefaultValueFactory = _ => 120
    };

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var kills = new KillsCommand();
        var command = new Command("kills", "Kills gateways that share a data directory while clients send, repeat, cancel and remove jobs, "
            + "with a disk that is full now and then.")
        {
            kills._seed, kills._kills, kills._patience,
        };
        Interruptible.SetWork(command, kills.RunAsync);
        return command;
    }

    private Task<bool> RunAsync(ParseResult parse, CancellationToken cancellationToken) =>
        new KillsRun(parse.GetValue(_seed), parse.GetValue(_kills), TimeSpan.FromSeconds(parse.GetValue(_patience)),
            parse.InvocationConfiguration.Output).RunAsync(cancellationToken);
}
