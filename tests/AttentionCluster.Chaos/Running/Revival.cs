using AttentionCluster.Chaos.Fleets;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Running;

/// <summary>Starts nodes again that have ended by themselves, as a service manager would, and judges how they ended.</summary>
internal sealed class Revival(Fleet fleet, Action<string> note, Action<string> problem)
{
    /// <summary>
    /// The exit code of a node that its cluster has removed, or that can't start now: whoever runs nodes starts it again.
    /// </summary>
    private const int AgainExitCode = 3;

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Nodes that were started again.</summary>
    public int Count { get; private set; }

    /// <summary>Watches until told otherwise.</summary>
    public async Task RunAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await fleet.ReviveAsync(Judge);
            await Task.Delay(s_pollInterval, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Judge((FleetNode Node, AttnResult End) ended)
    {
        Count++;
        string lastWords = ended.End.Error.TrimEnd().Split('\n')[^1];
        note($"{ended.Node.Name} has ended by itself with exit code {ended.End.ExitCode}, and "
            + $"is started again; its last words: {lastWords}");
        if (ended.End.ExitCode != AgainExitCode)
            problem($"{ended.Node.Name} has ended by itself with exit code {ended.End.ExitCode}: {lastWords}");
    }
}
