namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>A task that a worker has, as far as its coordinator knows.</summary>
/// <param name="task">The task.</param>
/// <param name="segment">Its segment.</param>
/// <param name="flops">Its floating-point operations.</param>
/// <param name="flopsBefore">What the worker had to do before it when it was sent, all threads together.</param>
/// <param name="flopsLoading">What loading its segment there takes, in operations.</param>
/// <param name="sentAt">When it was sent.</param>
internal sealed class SentTask(TaskId task, SegmentId segment, double flops, double flopsBefore, double flopsLoading, TimeSpan sentAt)
{
    /// <summary>The longest time from one repetition of its message to the next.</summary>
    private static readonly TimeSpan s_repeatIntervalMax = TimeSpan.FromSeconds(30);

    /// <summary>When its message was last repeated; null when it was not.</summary>
    private TimeSpan? _repeatedAt;

    internal TaskId Task => task;

    internal SegmentId Segment => segment;

    internal double Flops => flops;

    internal TimeSpan SentAt => sentAt;

    /// <summary>Seconds that it was expected to take, counted with what is known of the worker's speed now.</summary>
    internal double ExpectedSeconds(double threadSpeed, int threads) =>
        (flopsBefore / (threadSpeed * threads)) + ((flops + flopsLoading) / threadSpeed);

    /// <summary>
    /// Whether its message is to be repeated, since it, or the answer, may be lost; if so, that is noted. The time to the next repetition
    /// grows each time, since the worker may just be slow.
    /// </summary>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="now">The time.</param>
    internal bool TryRepeat(TimeSpan deadline, TimeSpan now)
    {
        TimeSpan waited = (_repeatedAt ?? sentAt) - sentAt;
        TimeSpan interval = waited < deadline ? deadline : waited < s_repeatIntervalMax ? waited : s_repeatIntervalMax;
        if (now - (_repeatedAt ?? sentAt) < interval)
            return false;
        _repeatedAt = now;
        return true;
    }
}
