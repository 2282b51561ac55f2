using System.Globalization;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Server.Jobs;

/// <summary>How it is seen from outside that nothing moves any more.</summary>
internal sealed partial class JobBoard
{
    /// <summary>Why no place comes free; null when one is, or may soon be.</summary>
    /// <param name="limit">Longer than any job may go without progress.</param>
    internal string? Stall(TimeSpan limit)
    {
        lock (_lock)
        {
            if (_queue.RunningCount < options.JobsRunningMax)
                return null;
            TimeSpan latest = _jobs.Values.Where(job => job.Status.State == JobState.Running).Select(job => job.SinceProgress)
                .DefaultIfEmpty().Min();
            return latest <= limit ? null : string.Create(
                CultureInfo.InvariantCulture, $"all {options.JobsRunningMax} places are taken by jobs of which nothing has come for "
                    + $"{latest.TotalSeconds:0} s; cancel them, or start the node anew");
        }
    }
}
