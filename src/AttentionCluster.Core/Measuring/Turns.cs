using System.Diagnostics;

namespace AttentionCluster.Core.Measuring;

/// <summary>
/// Measuring turn by turn: what is compared takes turns, A B A B, so that a machine whose speed drifts is fair to all, and the median
/// forgives the turns in which it was disturbed.
/// </summary>
internal static class Turns
{
    /// <summary>Enough for a median that a few disturbed turns don't move.</summary>
    public const int Default = 11;

    /// <summary>How long code runs before it is measured: the runtime has replaced its first, unoptimised version by then.</summary>
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(300);

    /// <summary>Against which waking a thread and reading the clock are nothing.</summary>
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(20);

    /// <summary>The median of each of several measurements.</summary>
    /// <param name="turns">At least 1.</param>
    /// <param name="cancellationToken">Looked at between measurements.</param>
    /// <param name="measurements">Each measures once and returns its number.</param>
    public static double[] Medians(int turns, CancellationToken cancellationToken, params Func<double>[] measurements)
    {
        double[][] results = [.. measurements.Select(_ => new double[turns])];
        for (int turn = 0; turn < turns; turn++)
        {
            for (int i = 0; i < measurements.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                results[i][turn] = measurements[i]();
            }
        }

        return [.. results.Select(Median)];
    }

    /// <summary>The middle value, the upper one of two.</summary>
    public static double Median(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>Wall-clock seconds of some work.</summary>
    public static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Seconds of some work that may be short: the mean of as many runs as take a few milliseconds.</summary>
    public static double SecondsEach(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        int runs = 0;
        do
        {
            work();
            runs++;
        }
        while (Stopwatch.GetElapsedTime(start) < s_shortest);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / runs;
    }

    /// <summary>Does the work until it can be measured, at least once.</summary>
    public static void WarmUp(Action work, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            work();
        }
        while (Stopwatch.GetElapsedTime(start) < s_warmUp);
    }
}
