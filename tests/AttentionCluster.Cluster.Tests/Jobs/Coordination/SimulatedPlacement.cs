using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>
/// The shards that place segments, and what must hold of a coordinator's requests for homes: a segment that is worth a home is requested
/// until it has one, and others only while shards may move after workers have come or gone.
/// </summary>
internal sealed class SimulatedPlacement
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1), s_changeLasts = TimeSpan.FromMinutes(1);

    private readonly CoordinatorView _view;
    private readonly SegmentId[] _segments;
    private readonly SegmentId[] _worthAHome;

    /// <summary>Where the shards have a segment.</summary>
    private readonly Dictionary<SegmentId, string> _homes = [];

    /// <summary>The homes that the coordinator was told of, of workers that take tasks.</summary>
    private readonly Dictionary<SegmentId, string> _told = [];

    private TimeSpan? _requestedAt;
    private TimeSpan? _changedAt;

    internal SimulatedPlacement(AttentionPlan plan, double flopsMin, CoordinatorView view)
    {
        _view = view;
        _segments =
        [
            .. from batch in Enumerable.Range(0, plan.Shape.Batch)
               from head in Enumerable.Range(0, plan.Shape.KvHeads)
               from segment in Enumerable.Range(0, plan.SegmentCount)
               select new SegmentId(batch, head, segment),
        ];
        _worthAHome =
        [
            .. from segment in _segments
               let tasks = view.TasksOf(segment).ToArray()
               where tasks.Length > 0 && tasks.Sum(task => plan.TaskFlops(plan.Block(task.Block), segment.Segment)) >= flopsMin
               select segment,
        ];
    }

    /// <summary>A request reaches the shards.</summary>
    /// <param name="segment">The segment whose home is asked for.</param>
    /// <param name="alive">Workers that can be a home.</param>
    /// <param name="random">Places what has no home.</param>
    /// <returns>The home; null when nobody can be one.</returns>
    internal string? Answer(SegmentId segment, string[] alive, Random random)
    {
        if (alive.Length == 0)
            return null;
        if (!_homes.TryGetValue(segment, out string? home) || !alive.Contains(home))
            _homes[segment] = home = alive[random.Next(alive.Length)];
        return home;
    }

    /// <summary>A segment moves to a worker, which may have gone long ago, and the coordinator hears of it.</summary>
    internal JobEvent.SegmentPlaced Move(Random random, string worker)
    {
        SegmentId segment = _segments[random.Next(_segments.Length)];
        _homes[segment] = worker;
        return new JobEvent.SegmentPlaced(segment, worker);
    }

    /// <summary>An event was told, which the view knows, and homes were requested.</summary>
    internal void Check(JobEvent happens, TimeSpan now, SegmentId[] requested)
    {
        Assert.Distinct(requested);
        switch (happens)
        {
            case JobEvent.StartPlacement when _requestedAt is null:
                Assert.Equal(_worthAHome.ToHashSet(), requested.ToHashSet());
                _requestedAt = now;
                return;
            case JobEvent.Tick when now - _requestedAt >= s_interval:
                CheckTick(now, requested);
                _requestedAt = now;
                return;
            case JobEvent.SegmentPlaced placed when _view.TakesTasks(placed.Worker) && !_view.IsFinished(placed.Segment):
                _told[placed.Segment] = placed.Worker;
                break;
            case JobEvent.WorkerUp or JobEvent.WorkerGone:
                _changedAt = now;
                break;
        }

        Assert.Empty(requested);
        foreach ((SegmentId segment, string home) in _told.Where(told => !_view.TakesTasks(told.Value)).ToArray())
            _told.Remove(segment);
    }

    private void CheckTick(TimeSpan now, SegmentId[] requested)
    {
        SegmentId[] homeless = [.. _worthAHome.Where(segment => !_told.ContainsKey(segment) && !_view.IsFinished(segment))];
        Assert.Subset(requested.ToHashSet(), homeless.ToHashSet());
        SegmentId[] others = [.. requested.Except(homeless)];
        Assert.All(others, segment => Assert.True(_worthAHome.Contains(segment) && !_view.IsFinished(segment), $"{segment} needs no home"));
        Assert.True(
            others.Length == 0 || now - _changedAt < s_changeLasts,
            "homes are requested again although no worker has come or gone for long");
    }
}
