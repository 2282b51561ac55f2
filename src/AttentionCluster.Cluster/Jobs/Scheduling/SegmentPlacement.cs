using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>
/// The homes of a job's segments, and which of them are requested when: all once, one that is not known again and again, and all that
/// have work left for a while after workers have come or gone, because the shards move then. A request costs a small message, and the
/// same answer twice changes nothing.
/// </summary>
internal sealed class SegmentPlacement
{
    private static readonly TimeSpan s_intervalWithoutHome = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_intervalAfterChange = TimeSpan.FromSeconds(5);

    /// <summary>Sharding considers every ten seconds what to move, and moves a few shards at a time.</summary>
    private static readonly TimeSpan s_changeLasts = TimeSpan.FromMinutes(1);

    private readonly SegmentQueues _queues;
    private readonly WorkerLoads _workers;
    private readonly (SegmentId Segment, double Flops)[] _worthAHome;

    private TimeSpan? _requestedAt;
    private TimeSpan _requestedAllAt;
    private TimeSpan _changedAt;

    /// <summary>The placement of the segments that have much work left.</summary>
    /// <param name="plan">The job's plan.</param>
    /// <param name="queues">Its queues.</param>
    /// <param name="workers">Its workers.</param>
    /// <param name="flopsMin">The fewest operations that make a segment worth a home.</param>
    internal SegmentPlacement(AttentionPlan plan, SegmentQueues queues, WorkerLoads workers, double flopsMin)
    {
        (_queues, _workers) = (queues, workers);
        _worthAHome = [.. SegmentWork.AtLeast(plan, queues, flopsMin)];
    }

    /// <summary>Segments with so much work that they are worth a home, and their operations.</summary>
    internal IReadOnlyList<(SegmentId Segment, double Flops)> WorthAHome => _worthAHome;

    /// <summary>Keeps these segments from all workers until their home is known, or <see cref="StopAwaiting"/>.</summary>
    internal void Await()
    {
        foreach ((SegmentId segment, _) in _worthAHome)
            Await(segment);
    }

    /// <summary>Keeps a segment from all workers until its home is known, or <see cref="StopAwaiting"/>.</summary>
    internal void Await(SegmentId segment)
    {
        if (_queues.FindOrMake(segment) is not { } queue)
            return;
        queue.IsAwaitingHome = true;
        _queues.MarkPlaced(queue);
    }

    /// <summary>Segments whose home is not known by now may be given to any worker.</summary>
    internal void StopAwaiting()
    {
        foreach (SegmentQueue queue in _queues.Existing)
            queue.IsAwaitingHome = false;
    }

    /// <summary>Homes are requested from now on.</summary>
    /// <returns>The segments whose home to request: all the first time, and none after that.</returns>
    internal IEnumerable<SegmentId> Start(TimeSpan now)
    {
        if (_requestedAt is not null)
            return [];
        (_requestedAt, _requestedAllAt, _changedAt) = (now, now, now - s_changeLasts);
        return _worthAHome.Select(worth => worth.Segment);
    }

    /// <summary>A worker has come, or gone.</summary>
    internal void WorkersChanged(TimeSpan now) => _changedAt = now;

    /// <summary>The segments whose home to request now.</summary>
    internal IEnumerable<SegmentId> Due(TimeSpan now)
    {
        if (_requestedAt is not { } requested || now - requested < s_intervalWithoutHome)
            return [];
        _requestedAt = now;
        bool isAll = now - _changedAt < s_changeLasts && now - _requestedAllAt >= s_intervalAfterChange;
        if (isAll)
            _requestedAllAt = now;
        return _worthAHome.Select(worth => worth.Segment).Where(segment => !IsSettled(segment) || (isAll && HasWaiting(segment)));
    }

    /// <summary>The home of a segment is known. A worker that takes no tasks is none.</summary>
    internal void SetHome(SegmentId segment, string worker)
    {
        if (!_workers.TryGet(worker, out WorkerLoad? home) || home.IsLeaving || _queues.FindOrMake(segment) is not { } queue)
            return;
        (queue.Home, queue.IsAwaitingHome) = (worker, false);
        _queues.MarkPlaced(queue);
    }

    /// <summary>A worker is the home of no segment any more.</summary>
    internal void RemoveHomes(string worker)
    {
        foreach (SegmentQueue queue in _queues.Existing)
        {
            if (queue.Home == worker)
                queue.Home = null;
        }
    }

    /// <summary>Whether a segment has a home, or needs none any more.</summary>
    internal bool IsSettled(SegmentId segment) => _queues.IsFinished(segment) || _queues.Find(segment) is { Home: not null };

    /// <summary>The segments that have a worker for their home.</summary>
    internal IReadOnlyList<SegmentId> HomesAt(string worker) =>
        [.. from queue in _queues.Existing where queue.Home == worker select queue.Id];

    private bool HasWaiting(SegmentId segment) => _queues.Find(segment) is { Next: not null };
}
