namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>
/// What a schedule assumes that things cost, in floating-point operations and seconds, before and besides what it measures.
/// </summary>
/// <param name="SegmentBytes">What a packed segment takes at a worker, in bytes.</param>
internal sealed record CostModel(long SegmentBytes)
{
    /// <summary>
    /// Loading and packing a byte of a segment takes about as long as so many operations: 16 MiB in 40 ms beside 200 GFLOP/s.
    /// </summary>
    private const double LoadFlopsPerByte = 500;

    /// <summary>A task's deadline is so many times its expected time: the expectation leaves out other jobs and slow links.</summary>
    private const double DeadlineFactor = 8;

    private static readonly TimeSpan s_deadlineMin = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A segment with fewer operations is given to any worker: a request for its home takes some milliseconds, which must be a fraction
    /// of what its tasks take.
    /// </summary>
    internal double PlacementFlopsMin { get; init; } = 1e10;

    /// <summary>
    /// A thread's speed, in operations a second, before any worker's is known; only decides whether a speculative attempt is worth while.
    /// </summary>
    internal double UnknownThreadSpeed { get; init; } = 5e10;

    /// <summary>Workers that may compute one task at a time, the first and the speculative ones.</summary>
    internal int WorkersPerTaskMax { get; init; } = 3;

    /// <summary>A speculative attempt begins only when it should end in half the time that the first one still needs.</summary>
    internal double SpeculationGain { get; init; } = 2;

    /// <summary>What loading a segment takes, in operations of one thread.</summary>
    internal double LoadFlops => SegmentBytes * LoadFlopsPerByte;

    /// <summary>After how long a task is overdue that should take some seconds.</summary>
    internal static TimeSpan Deadline(double expectedSeconds)
    {
        TimeSpan deadline = Seconds(DeadlineFactor * expectedSeconds);
        return deadline > s_deadlineMin ? deadline : s_deadlineMin;
    }

    /// <summary>A time that was computed from a speed, which may be very small: at most a day.</summary>
    internal static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds));
}
