using Akka.Actor;
using Akka.Event;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// A node's worker: takes tasks of any segment, has them computed off Akka's threads, and answers each to the coordinator that asked
/// last. It holds no bytes itself. Messages may get lost, so a task that comes again is no other task: what is being computed goes on,
/// and what has been answered is answered again while its partial waits. A node that leaves finishes what it has, and gives back the
/// rest.
/// </summary>
internal sealed class WorkerActor : ReceiveActor
{
    /// <summary>Tasks at a time; coordinators send fewer, so more means that something is wrong.</summary>
    internal const int TasksMax = 4_096;

    private readonly TaskRunner _runner;
    private readonly IDataPlane _dataPlane;
    private readonly WorkerProfile _profile;
    private readonly ShardWeightTable _weights;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<TaskKey, RunningTask> _running = [];

    private readonly AnsweredTasks _answered;

    /// <summary>Who must not end without its jobs being forgotten here: a message that says so may get lost.</summary>
    private readonly HashSet<IActorRef> _coordinators = [];

    /// <summary>Who has asked what this worker can do.</summary>
    private readonly HashSet<IActorRef> _askers = [];

    /// <summary>Who waits for this worker to have nothing left; null while it does not leave.</summary>
    private IActorRef? _leaver;

    /// <summary>A worker without tasks.</summary>
    /// <param name="node">What answers call it.</param>
    /// <param name="runner">Computes.</param>
    /// <param name="threads">With so many threads.</param>
    /// <param name="shares">And so much memory.</param>
    /// <param name="dataPlane">Where partials wait.</param>
    /// <param name="weights">Told what the shards of jobs weigh.</param>
    public WorkerActor(string node, TaskRunner runner, int threads, MemoryShares shares, IDataPlane dataPlane, ShardWeightTable weights)
    {
        (_runner, _dataPlane, _weights) = (runner, dataPlane, weights);
        (_profile, _answered) = (new WorkerProfile(node, threads, shares), new AnsweredTasks(dataPlane));
        Receive<DescribeWorker>(_ => Describe());
        Receive<ComputeTask>(Start);
        Receive<Ended>(Answer);
        Receive<CancelTask>(cancel => Cancel(new TaskKey(cancel.Job, cancel.Block, cancel.Index, cancel.Attempt)));
        Receive<ShardWeights>(_weights.Add);
        Receive<JobEnded>(OnJobEnded);
        Receive<Leave>(_ => BeginToLeave());
        Receive<LeaveNow>(_ => GiveBack());
        Receive<Terminated>(ended => Abandon(ended.ActorRef));
    }

    /// <summary>A partial that was ready too late to be answered is known to nobody: it goes.</summary>
    protected override void PostStop()
    {
        foreach (RunningTask task in _running.Values)
        {
            task.Cancellation.Cancel();
            task.Done.ContinueWith(
                done => _dataPlane.Release(done.Result.Partial.ToClaim()),
                CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    private void Describe()
    {
        _askers.Add(Sender);
        Sender.Tell(_profile.ToMessage(_runner.SegmentBytes));
        _answered.Prune();
    }

    private void Start(ComputeTask task)
    {
        if (TaskUnderstanding.WhyNot(task) is { } reason)
        {
            var unknown = new TaskKey(task.Job, task.Block, task.Segment?.Segment ?? 0, task.Attempt);
            TaskFailed failed = Failure(unknown, $"message-not-understood: {reason}; have all nodes run one release", isTransient: true);
            (failed.Level, failed.IsNotUnderstood) = (task.Level, true);
            Sender.Tell(failed);
            return;
        }

        var key = new TaskKey(task.Job, task.Block, task.Segment.Segment, task.Attempt);
        if (_coordinators.Add(Sender))
            Context.Watch(Sender);
        if (_running.TryGetValue(key, out RunningTask? known) && !known.Cancellation.IsCancellationRequested)
        {
            known.Coordinator = Sender;
        }
        else if (_answered.FindFor(Sender, key) is { } done)
        {
            Sender.Tell(done);
        }
        else if (_leaver is not null)
        {
            Sender.Tell(Returned(key));
        }
        else if (_running.Count >= TasksMax || known is not null)
        {
            string why = known is null
                ? $"the worker has {TasksMax} tasks already"
                : "the worker still ends an attempt that was cancelled";
            Sender.Tell(Failure(key, why, isTransient: true));
        }
        else
        {
            Run(key, task);
        }
    }

    private void Run(TaskKey key, ComputeTask task)
    {
        var cancellation = new CancellationTokenSource();
        Task<TaskDone> running = _runner.RunAsync(task, cancellation.Token);
        _running.Add(key, new RunningTask(cancellation, running) { Coordinator = Sender });
        running.PipeTo(
            Self,
            success: done => new Ended(key, task.Flops, done, null),
            failure: e => new Ended(key, task.Flops, null, e));
    }

    private void Answer(Ended ended)
    {
        _running.Remove(ended.Key, out RunningTask? task);
        IActorRef coordinator = task!.Coordinator;
        bool isUnwanted = task.Cancellation.IsCancellationRequested && !task.IsGivenBack;
        if (ended.Done is { } done)
        {
            _profile.Measure(ended.Flops, done.KernelSeconds);
            if (isUnwanted)
            {
                _dataPlane.Release(done.Partial.ToClaim());
            }
            else
            {
                _answered.Add(ended.Key, done, coordinator);
                coordinator.Tell(done);
            }
        }
        else if (!isUnwanted && task.Cancellation.IsCancellationRequested)
        {
            coordinator.Tell(Returned(ended.Key));
        }
        else if (!isUnwanted)
        {
            Exception failure = ended.Failure!;
            _log.Warning("task {0}/{1} of job {2} failed: {3}", ended.Key.Block, ended.Key.Segment, ended.Key.Job, failure.Message);
            coordinator.Tell(Failure(ended.Key, failure.Message, IsTransient(failure)));
        }

        task.Cancellation.Dispose();
        TellWhenIdle();
    }

    /// <summary>
    /// Whether it was this machine or the network: memory that was not to be had, threads with too much to do, nodes that were not
    /// reached.
    /// </summary>
    private static bool IsTransient(Exception failure) =>
        failure is DataPlaneException { IsTransient: true } or ComputeQueueFullException or OutOfMemoryException;

    private void OnJobEnded(JobEnded ended)
    {
        if (ended.Segment is null)
            Forget(ended.Job);
        else
            _runner.Drop(ended.Segment);
    }

    /// <summary>A job's own K and V go with it.</summary>
    private void Forget(string job)
    {
        Cancel((key, _) => key.Job == job);
        _answered.Forget(job);
        _runner.Drop(job);
        _dataPlane.ReleaseAll(job);
        _weights.Remove(job);
    }

    /// <summary>
    /// A coordinator is no more, and may not have been able to say so: what it asked for is wanted by nobody, unless another that has
    /// taken its job over has asked for it since.
    /// </summary>
    private void Abandon(IActorRef coordinator)
    {
        _coordinators.Remove(coordinator);
        HashSet<string> jobs =
        [
            .. _running.Where(task => task.Value.Coordinator.Equals(coordinator)).Select(task => task.Key.Job),
            .. _answered.ReleaseAllOf(coordinator),
        ];
        Cancel((_, task) => task.Coordinator.Equals(coordinator));
        bool IsWanted(string job) => _running.Any(task => task.Key.Job == job && !task.Value.Cancellation.IsCancellationRequested);
        foreach (string job in jobs.Where(job => !IsWanted(job)))
        {
            _runner.Drop(job);
            _weights.Remove(job);
        }
    }

    /// <summary>
    /// Another was faster. If this one has answered already, its answer may be lost, and nobody else will free the partial.
    /// </summary>
    private void Cancel(TaskKey unwanted)
    {
        Cancel((key, _) => key == unwanted);
        _answered.Release(unwanted);
    }

    private void Cancel(Func<TaskKey, RunningTask, bool> which)
    {
        foreach ((TaskKey key, RunningTask task) in _running)
        {
            if (which(key, task))
                task.Cancellation.Cancel();
        }
    }

    /// <summary>Tasks that were cancelled before are wanted by nobody, and are not given back.</summary>
    private void GiveBack()
    {
        foreach (RunningTask task in _running.Values.Where(task => !task.Cancellation.IsCancellationRequested))
        {
            task.IsGivenBack = true;
            task.Cancellation.Cancel();
        }
    }

    private void BeginToLeave()
    {
        _leaver = Sender;
        _profile.Leaves();
        foreach (IActorRef asker in _askers)
            asker.Tell(_profile.ToMessage(_runner.SegmentBytes));
        TellWhenIdle();
    }

    private void TellWhenIdle()
    {
        if (_running.Count == 0)
            _leaver?.Tell(Left.Instance);
    }

    private TaskFailed Failure(TaskKey key, string reason, bool isTransient) => new()
    {
        Job = key.Job,
        Block = key.Block,
        Index = key.Segment,
        Attempt = key.Attempt,
        Reason = MessageSize.Bounded(reason),
        Worker = _profile.Name,
        IsTransient = isTransient,
    };

    private TaskReturned Returned(TaskKey key) => new()
    {
        Job = key.Job,
        Block = key.Block,
        Index = key.Segment,
        Attempt = key.Attempt,
        Worker = _profile.Name,
    };

    /// <summary>
    /// Take no more tasks, and say <see cref="Left"/> when the last has been answered. Stays in this process, like the rest here.
    /// </summary>
    internal sealed record Leave : INoSerializationVerificationNeeded
    {
        internal static Leave Instance { get; } = new();
    }

    /// <summary>Time is up: what is still being computed is given back.</summary>
    internal sealed record LeaveNow : INoSerializationVerificationNeeded
    {
        internal static LeaveNow Instance { get; } = new();
    }

    /// <summary>Nothing is left.</summary>
    internal sealed record Left : INoSerializationVerificationNeeded
    {
        internal static Left Instance { get; } = new();
    }

    /// <summary>A task has ended.</summary>
    private sealed record Ended(TaskKey Key, double Flops, TaskDone? Done, Exception? Failure) : INoSerializationVerificationNeeded;
}
