namespace AttentionCluster.Cluster.Jobs;

/// <summary>A task that a worker has, as far as its coordinator knows.</summary>
/// <param name="task">Which.</param>
/// <param name="segment">Its segment.</param>
/// <param name="flops">Its floating-point operations.</param>
/// <param name="flopsBefore">What the worker had to do before it when it was sent, all threads together.</param>
/// <param name="flopsLoading">What loading its segment there takes, in operations.</param>
/// <param name="sentAt">When.</param>
internal sealed class SentTask(TaskId task, SegmentId segment, double flops, double flopsBefore, double flopsLoading, TimeSpan sentAt)
{
    /// <summary>The longest time between two times that it is asked for again.</summary>
    private static readonly TimeSpan s_askIntervalMax = TimeSpan.FromSeconds(30);

    internal TaskId Task => task;

    internal SegmentId Segment => segment;

    internal double Flops => flops;

    internal TimeSpan SentAt => sentAt;

    /// <summary>When it was last asked for; null when only once, as it was sent.</summary>
    private TimeSpan? AskedAt { get; set; }

    /// <summary>Seconds that it was expected to take, counted with what is known of the worker's speed now.</summary>
    internal double ExpectedSeconds(double threadSpeed, int threads) => (flopsBefore / (threadSpeed * threads)) + ((flops + flopsLoading) / threadSpeed);

    /// <summary>
    /// Whether it should be asked for again: the message, or the answer, may be lost. Each time it is asked for, the next is later, since the worker
    /// may just be slow.
    /// </summary>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="now">The time.</param>
    internal bool IsToAsk(TimeSpan deadline, TimeSpan now)
    {
        TimeSpan waited = (AskedAt ?? sentAt) - sentAt;
        TimeSpan interval = waited < deadline ? deadline : waited < s_askIntervalMax ? waited : s_askIntervalMax;
        if (now - (AskedAt ?? sentAt) < interval)
            return false;
        AskedAt = now;
        return true;
    }
}
