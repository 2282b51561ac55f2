using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Segments;

/// <summary>
/// The home of one segment of one KV head: takes its tasks, has them computed off Akka's threads, and answers each. It holds
/// no bytes itself, so it can stop, move and start again at any time.
/// </summary>
internal sealed class SegmentEntity : ReceiveActor
{
    /// <summary>Tasks at a time; a coordinator sends fewer, so more means that something is wrong.</summary>
    internal const int TasksMax = 4_096;

    private readonly TaskRunner _runner;
    private readonly IDataPlane _dataPlane;
    private readonly string _node;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<TaskKey, RunningTask> _running = [];
    private bool _isLeaving;

    public SegmentEntity(TaskRunner runner, IDataPlane dataPlane, string node)
    {
        (_runner, _dataPlane, _node) = (runner, dataPlane, node);
        Receive<ComputeTask>(Start);
        Receive<Ended>(Answer);
        Receive<JobEnded>(Leave);
    }

    /// <summary>A partial that was ready too late to be answered is known to nobody: it goes.</summary>
    protected override void PostStop()
    {
        foreach (RunningTask task in _running.Values)
        {
            task.Cancellation.Cancel();
            task.Done.ContinueWith(
                done => _dataPlane.Withdraw(done.Result.Partial.ToClaim()),
                CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    private void Start(ComputeTask task)
    {
        var key = new TaskKey(task.Job, task.Block, task.Attempt);
        if (_running.Count >= TasksMax || _running.ContainsKey(key))
        {
            Sender.Tell(Failure(task, _running.ContainsKey(key) ? "this task is being computed already" : $"the segment has {TasksMax} tasks already"));
            return;
        }

        var cancellation = new CancellationTokenSource();
        Task<TaskDone> running = _runner.RunAsync(task, cancellation.Token);
        _running.Add(key, new RunningTask(cancellation, running));
        running.PipeTo(
            Self, Sender,
            success: done => new Ended(key, done, null),
            failure: e => new Ended(key, null, Failure(task, e.Message)));
    }

    private void Answer(Ended ended)
    {
        _running.Remove(ended.Key, out RunningTask task);
        if (task.Cancellation.IsCancellationRequested)
        {
            // The job is over: nobody will pull the partial.
            if (ended.Done is { } unwanted)
                _dataPlane.Withdraw(unwanted.Partial.ToClaim());
        }
        else
        {
            if (ended.Failed is { } failed)
                _log.Warning("task {0} of job {1} failed: {2}", failed.Block, failed.Job, failed.Reason);
            Sender.Tell(ended.Done ?? (object)ended.Failed!);
        }

        task.Cancellation.Dispose();
        LeaveWhenIdle();
    }

    /// <summary>A job's own K and V go with it.</summary>
    private void Leave(JobEnded ended)
    {
        foreach ((TaskKey key, RunningTask task) in _running)
        {
            if (key.Job == ended.Job)
                task.Cancellation.Cancel();
        }

        _runner.Drop(ended.Segment);
        _dataPlane.WithdrawAll(ended.Job);
        _isLeaving = true;
        LeaveWhenIdle();
    }

    private void LeaveWhenIdle()
    {
        if (_isLeaving && _running.Count == 0)
            Context.Parent.Tell(new Passivate(PoisonPill.Instance));
    }

    private TaskFailed Failure(ComputeTask task, string reason) => new()
    {
        Job = task.Job,
        Block = task.Block,
        Segment = task.Segment.Segment,
        Attempt = task.Attempt,
        Reason = reason,
        Worker = _node,
    };

    private readonly record struct TaskKey(string Job, int Block, int Attempt);

    private readonly record struct RunningTask(CancellationTokenSource Cancellation, Task<TaskDone> Done);

    /// <summary>A task has ended; the sender is the one who asked for it. Stays in this process.</summary>
    private sealed record Ended(TaskKey Key, TaskDone? Done, TaskFailed? Failed) : INoSerializationVerificationNeeded;
}
