using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>
/// What a coordinator must know of its tasks and workers, worked out again from the events that it was told and the effects that it has
/// had: the simple account that its decisions and its statistics are compared with.
/// </summary>
internal sealed class CoordinatorView(AttentionPlan plan)
{
    /// <summary>A worker that comes later than this joins in the middle of the job.</summary>
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(2);

    private readonly Dictionary<(TaskId Task, int Attempt), string> _out = [];
    private readonly Dictionary<TaskId, int> _attempts = [];

    /// <summary>How often something happened to a task that lets it be sent again.</summary>
    private readonly Dictionary<TaskId, int> _disturbances = [];

    private readonly HashSet<TaskId> _pulled = [];
    private readonly HashSet<TaskId> _begunToMerge = [];
    private readonly HashSet<TaskId> _merged = [];
    private readonly HashSet<SegmentId> _released = [];

    /// <summary>Workers that were told of and are not gone, and whether they leave.</summary>
    private readonly Dictionary<string, bool> _isLeaving = new(StringComparer.Ordinal);

    private readonly HashSet<(TaskId Task, int Attempt)> _answered = [];
    private readonly List<(string Worker, HashSet<TaskId> Tasks, int Recomputed)> _losses = [];
    private readonly Dictionary<string, int> _pullsFailed = new(StringComparer.Ordinal);
    private readonly List<string> _joined = [];
    private double _kernelSeconds;
    private int _retries;

    /// <summary>Whether a worker is there, and takes tasks.</summary>
    internal bool TakesTasks(string worker) => _isLeaving.TryGetValue(worker, out bool isLeaving) && !isLeaving;

    internal TaskId[] TasksAt(string worker) => [.. from sent in _out where sent.Value == worker select sent.Key.Task];

    /// <summary>Tasks that some worker has, or whose partial has come and is not merged.</summary>
    internal HashSet<TaskId> InFlight() => [.. _pulled, .. _out.Keys.Select(sent => sent.Task)];

    internal SegmentId SegmentOf(TaskId task)
    {
        QueryBlock block = plan.Block(task.Block);
        return new SegmentId(block.Batch, block.KvHead, task.Segment);
    }

    /// <summary>The tasks of a segment.</summary>
    internal IEnumerable<TaskId> TasksOf(SegmentId segment) =>
        from block in Enumerable.Range(0, plan.BlockCount).Select(plan.Block)
        where block.Batch == segment.Batch && block.KvHead == segment.KvHead && plan.HasTask(block, segment.Segment)
        select TaskId.Of(block.Index, segment.Segment);

    /// <summary>Whether all tasks of a segment have been merged.</summary>
    internal bool IsFinished(SegmentId segment) => TasksOf(segment).All(_merged.Contains);

    /// <summary>An event is about to be told.</summary>
    internal void Before(JobEvent happens, TimeSpan now)
    {
        switch (happens)
        {
            case JobEvent.WorkerUp up:
                _isLeaving[up.Worker] = false;
                if (now > s_start)
                    _joined.Add(up.Worker);
                break;
            case JobEvent.WorkerLeaves leaves when _isLeaving.ContainsKey(leaves.Worker):
                _isLeaving[leaves.Worker] = true;
                break;
            case JobEvent.WorkerGone gone:
                Lose(gone.Worker);
                break;
            case JobEvent.TaskDone done:
                if (_attempts.GetValueOrDefault(done.Task) >= done.Attempt && _answered.Add((done.Task, done.Attempt)))
                {
                    _kernelSeconds += done.Measured.KernelSeconds;
                    _pullsFailed.Remove(done.Worker);
                }

                _out.Remove((done.Task, done.Attempt));
                break;
            case JobEvent.TaskFailed failed:
                Disturb(failed.Task);
                _out.Remove((failed.Task, failed.Attempt));
                break;
            case JobEvent.TaskReturned returned:
                Disturb(returned.Task);
                if (_out.Remove((returned.Task, returned.Attempt)) && _isLeaving.ContainsKey(returned.Worker))
                    _isLeaving[returned.Worker] = true;
                break;
            case JobEvent.PullFailed failed:
                _pulled.Remove(failed.Task);
                _pullsFailed[failed.Worker] = _pullsFailed.GetValueOrDefault(failed.Worker) + 1;
                Disturb(failed.Task);
                break;
            case JobEvent.Merged merged:
                _pulled.Remove(merged.Task);
                _merged.Add(merged.Task);
                break;
        }
    }

    internal void Dispatch(TaskId task, int attempt, string worker)
    {
        Assert.Equal(_attempts.GetValueOrDefault(task) + 1, attempt);
        _attempts[task] = attempt;
        _retries += attempt > 1 ? 1 : 0;
        Assert.DoesNotContain(task, _begunToMerge);
        Assert.InRange(attempt, 1, 3 * (1 + _disturbances.GetValueOrDefault(task)));
        Assert.True(TakesTasks(worker), $"a task for {worker}, which takes none");
        _out.Add((task, attempt), worker);
        for (int i = 0; i < _losses.Count; i++)
        {
            if (_losses[i].Tasks.Remove(task))
                _losses[i] = _losses[i] with { Recomputed = _losses[i].Recomputed + 1 };
        }
    }

    internal void Cancel(TaskId task, int attempt) => Assert.True(_out.Remove((task, attempt)), "a task cancelled that nobody has");

    internal void Pull(TaskId task)
    {
        Assert.DoesNotContain(task, _begunToMerge);
        Assert.True(_pulled.Add(task));
    }

    internal void BeginMerge(TaskId task) => Assert.True(_begunToMerge.Add(task), "a task merged twice");

    internal void CheckRelease(SegmentId segment)
    {
        Assert.True(_released.Add(segment), "a segment released twice");
        Assert.True(IsFinished(segment), "a segment released before its last task was merged");
    }

    /// <summary>The statistics of the job say what has happened.</summary>
    internal void CheckStatistics(JobTally tally)
    {
        Assert.Equal(_retries, tally.Retries);
        Assert.Equal(_kernelSeconds, tally.KernelSeconds, 1e-9);
        Assert.Equal(_joined, tally.WorkersJoined.Select(joined => joined.Name));
        Assert.Equal(
            _losses.Select(loss => (loss.Worker, loss.Recomputed)),
            tally.WorkersLost.Select(lost => (lost.Name, lost.RecomputedTasks)));
    }

    private void Lose(string worker)
    {
        TaskId[] had = TasksAt(worker);
        foreach ((TaskId Task, int Attempt) sent in _out.Where(sent => sent.Value == worker).Select(sent => sent.Key).ToArray())
            _out.Remove(sent);
        Array.ForEach(had, Disturb);
        if (_isLeaving.Remove(worker, out bool isLeaving) && !isLeaving)
        {
            _pullsFailed.Remove(worker, out int pullsFailed);
            _losses.Add((worker, [.. had], pullsFailed));
        }
    }

    private void Disturb(TaskId task) => _disturbances[task] = _disturbances.GetValueOrDefault(task) + 1;
}
