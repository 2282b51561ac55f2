using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>Takes the times of a job's phases.</summary>
internal sealed class JobWatch(TimeProvider clock)
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
        long now = clock.GetTimestamp();
        long started = _started ?? now;
        bool hasComputed = Tally is { ComputeStart: > 0 };
        long computeStart = hasComputed ? Math.Max(started, Tally!.ComputeStart) : now;
        long computeEnd = hasComputed ? Tally!.ComputeEnd : now;
        return new PhaseSeconds(
            Between(_accepted, started), Between(started, computeStart), Between(computeStart, computeEnd),
            Between(computeEnd, now), Between(_accepted, now));
    }

    internal double Gflops(double flops) =>
        Tally is { ComputeStart: > 0 } ? flops / Between(Tally.ComputeStart, Tally.ComputeEnd) / 1e9 : 0;

    /// <summary>The threads' seconds in the kernel over all their seconds in the compute phase.</summary>
    internal double IdealFraction() => Tally is { ComputeStart: > 0 }
        ? Tally.KernelSeconds / (Tally.Workers.Values.Sum() * Between(Tally.ComputeStart, Tally.ComputeEnd))
        : 0;

    private double Between(long from, long to) => clock.GetElapsedTime(from, to).TotalSeconds;
}
