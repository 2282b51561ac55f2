using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Reporting;

/// <summary>
/// What became of a job's workers, for its report: which were lost, what that cost and how soon others went on; which joined, and how
/// soon they helped. Times are since the job's start.
/// </summary>
internal sealed class WorkerHistory
{
    /// <summary>Workers that come later than this were not there when the job began.</summary>
    private static readonly TimeSpan s_beginning = TimeSpan.FromSeconds(2);

    private readonly List<WorkerLoss> _losses = [];
    private readonly List<Arrival> _arrivals = [];
    private readonly Dictionary<string, TimeSpan> _heardAt = new(StringComparer.Ordinal);

    /// <summary>Pulls from a worker that failed since it last answered.</summary>
    private readonly Dictionary<string, int> _pullsFailed = new(StringComparer.Ordinal);

    internal void Up(string worker, TimeSpan now)
    {
        _heardAt[worker] = now;
        if (now > s_beginning)
            _arrivals.Add(new Arrival(worker, now));
    }

    /// <summary>A worker was lost.</summary>
    /// <param name="worker">Its name.</param>
    /// <param name="tasks">The tasks that it had.</param>
    /// <param name="homes">The segments that it was the home of.</param>
    /// <param name="now">The time.</param>
    internal void Lose(string worker, IEnumerable<TaskId> tasks, IEnumerable<SegmentId> homes, TimeSpan now)
    {
        _heardAt.Remove(worker, out TimeSpan heard);
        _pullsFailed.Remove(worker, out int pullsFailed);
        _losses.Add(new WorkerLoss(worker, now, now - heard, pullsFailed, [.. tasks], [.. homes]));
    }

    /// <summary>A task is sent to a worker.</summary>
    internal void Sent(TaskId task, SegmentId segment, TimeSpan now)
    {
        foreach (WorkerLoss loss in _losses)
            loss.Sent(task, segment, now);
    }

    /// <summary>A worker has answered with a partial.</summary>
    /// <param name="worker">Its name.</param>
    /// <param name="startedAt">When it began to compute that.</param>
    /// <param name="now">The time.</param>
    internal void Answered(string worker, TimeSpan startedAt, TimeSpan now)
    {
        _heardAt[worker] = now;
        _pullsFailed.Remove(worker);
        foreach (Arrival arrival in _arrivals)
        {
            if (arrival.Name == worker)
                arrival.FirstTaskAt ??= startedAt;
        }
    }

    /// <summary>A partial could not be pulled from a worker.</summary>
    internal void PullFailed(string worker) => _pullsFailed[worker] = _pullsFailed.GetValueOrDefault(worker) + 1;

    /// <summary>A segment has a home.</summary>
    internal void Placed(SegmentId segment, TimeSpan now)
    {
        foreach (WorkerLoss loss in _losses)
            loss.Placed(segment, now);
    }

    internal IReadOnlyList<LostWorker> Lost() => [.. _losses.Select(loss => loss.ToReport())];

    internal IReadOnlyList<JoinedWorker> Joined() =>
        [.. _arrivals.Select(arrival => new JoinedWorker(
            arrival.Name, arrival.At.TotalSeconds,
            arrival.FirstTaskAt is { } first ? Math.Max(0, (first - arrival.At).TotalSeconds) : null))];

    private sealed class Arrival(string name, TimeSpan at)
    {
        internal string Name => name;

        internal TimeSpan At => at;

        internal TimeSpan? FirstTaskAt { get; set; }
    }
}
