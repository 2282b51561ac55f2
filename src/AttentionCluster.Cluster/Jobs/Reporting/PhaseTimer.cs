using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Reporting;

/// <summary>Takes the times of a job's phases, from its acceptance on.</summary>
internal sealed class PhaseTimer(TimeProvider clock)
{
    private readonly long _accepted = clock.GetTimestamp();
    private long? _started;

    /// <summary>What the coordinator counted; null until it has ended.</summary>
    internal JobTally? Tally { get; private set; }

    internal void Started() => _started = clock.GetTimestamp();

    internal void Computed(JobTally tally) => Tally = tally;

    /// <summary>The phases up to now. Those that were not reached have no time, the one that was not ended lasts until now.</summary>
    internal PhaseSeconds Seconds()
    {
        double now = Since(clock.GetTimestamp()), started = _started is { } start ? Since(start) : now;
        (double computeStart, double computeEnd) = (now, now);
        if (Tally is { ComputeStart: { } first } tally)
        {
            double begun = Since(tally.BegunAt);
            (computeStart, computeEnd) = (Math.Max(started, begun + first.TotalSeconds), begun + tally.ComputeEnd.TotalSeconds);
        }

        return new PhaseSeconds(started, computeStart - started, computeEnd - computeStart, now - computeEnd, now);
    }

    internal double Gflops(double flops) => ComputeSeconds is { } seconds ? flops / seconds / 1e9 : 0;

    /// <summary>The threads' seconds in the kernel over all their seconds in the compute phase.</summary>
    internal double IdealFraction() => ComputeSeconds is { } seconds ? Tally!.KernelSeconds / (Tally.Workers.Values.Sum() * seconds) : 0;

    private double? ComputeSeconds => Tally is { ComputeStart: { } first } ? (Tally.ComputeEnd - first).TotalSeconds : null;

    private double Since(long timestamp) => clock.GetElapsedTime(_accepted, timestamp).TotalSeconds;
}
