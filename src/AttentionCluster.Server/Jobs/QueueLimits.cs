namespace AttentionCluster.Server.Jobs;

/// <summary>The bounds of the job queue.</summary>
/// <param name="RunningMax">Jobs that run at a time; at least 1.</param>
/// <param name="StoredMax">Places for stored jobs that wait or whose body is still arriving.</param>
/// <param name="CallsMax">The same for calls.</param>
/// <param name="SmallWorkMax">A job of up to that much work is small; see <see cref="JobWork"/>.</param>
internal sealed record QueueLimits(int RunningMax, int StoredMax, int CallsMax, double SmallWorkMax)
{
    /// <summary>
    /// Large jobs that run at a time: one running place is kept for small ones, so that no number of large jobs makes them wait for hours.
    /// </summary>
    internal int LargeRunningMax => Math.Max(1, RunningMax - 1);

    internal int PlacesFor(JobKind kind) => kind == JobKind.Call ? CallsMax : StoredMax;
}
