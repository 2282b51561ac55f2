using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Planning;

namespace AttentionCluster.Chaos.Showing;

/// <summary>
/// What the nodes of a cluster take when nobody sends a job, by the processor time that the operating system counts for their processes.
/// </summary>
internal static class IdleFigures
{
    /// <summary>What is run.</summary>
    public const string Title = "a gateway and two workers without a job";

    /// <summary>Percent of a core; what is promised.</summary>
    private const double Max = 1;

    private const int Workers = 2;

    /// <summary>The first minute of a process is spent on compiling what it does often, and on the forming of the cluster.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(75), s_time = TimeSpan.FromSeconds(60), s_formingPatience =
        TimeSpan.FromSeconds(75);

    /// <summary>Starts them, lets them be, and looks.</summary>
    public static async Task<FigureSet> RunAsync(CancellationToken cancellationToken)
    {
        await using var fleet = new Fleet(NodeSettings.Plain);
        string[] names = [NodeNames.Gateway(1), .. Enumerable.Range(1, Workers).Select(NodeNames.Worker)];
        await fleet.BecomeAsync(names, s_formingPatience, cancellationToken);
        await Task.Delay(s_settling, cancellationToken);
        TimeSpan[] before = [.. names.Select(name => Used(fleet[name]))];
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Task.Delay(s_time, cancellationToken);
        double seconds = clock.Elapsed.TotalSeconds;
        return new FigureSet(
            Title,
            [.. names.Zip(before, (name, then) =>
                new Figure($"{name}, % of a core", (Used(fleet[name]) - then).TotalSeconds / seconds * 100, Max, Figure.Outside))],
            [],
            Report: null);
    }

    private static TimeSpan Used(FleetNode node) => node.Process!.ProcessorTime;
}
