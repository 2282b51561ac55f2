using Akka.Actor;
using Akka.Event;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Kernels;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// A node's worker: takes tasks of any segment, has them computed off Akka's threads, and answers each. It holds no bytes itself. A node that
/// leaves finishes what it has, and gives back the rest.
/// </summary>
internal sealed class WorkerActor : ReceiveActor
{
    /// <summary>Its name in the actor system, the same on all nodes.</summary>
    internal const string ActorName = "worker";

    /// <summary>Tasks at a time; coordinators send fewer, so more means that something is wrong.</summary>
    internal const int TasksMax = 4_096;

    /// <summary>How much the latest task counts for the speed: the last ten or so decide.</summary>
    private const double LatestShare = 0.1;

    private readonly TaskRunner _runner;
    private readonly IDataPlane _dataPlane;
    private readonly WorkerDescription _description;
    private readonly ShardWeightTable _weights;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<TaskKey, RunningTask> _running = [];

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
        _description = new WorkerDescription
        {
            Name = node,
            Threads = threads,
            SegmentBytesMax = shares.Segments,
            QueryBytesMax = shares.Queries,
            PartialBytesMax = shares.Partials,
        };
        _description.Kernels.AddRange(KernelPaths.All.Where(KernelPaths.IsSupported).Select(path => (int)path));
        Receive<DescribeWorker>(_ => Describe());
        Receive<ComputeTask>(Start);
        Receive<Ended>(Answer);
        Receive<CancelTask>(cancel => Cancel(key => key == new TaskKey(cancel.Job, cancel.Block, cancel.Segment, cancel.Attempt)));
        Receive<ShardWeights>(_weights.Add);
        Receive<JobEnded>(ended => Forget(ended.Job));
        Receive<Leave>(_ => BeginToLeave());
        Receive<LeaveNow>(_ => Cancel(_ => true));
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

    private void Describe()
    {
        _askers.Add(Sender);
        _description.SegmentBytes = _runner.SegmentBytes;
        Sender.Tell(_description.Clone());
    }

    private void Start(ComputeTask task)
    {
        var key = new TaskKey(task.Job, task.Block, task.Segment.Segment, task.Attempt);
        if (_leaver is not null)
        {
            Sender.Tell(Returned(key));
            return;
        }

        if (_running.Count >= TasksMax || _running.ContainsKey(key))
        {
            Sender.Tell(Failure(key, _running.ContainsKey(key) ? "this task is being computed already" : $"the worker has {TasksMax} tasks already"));
            return;
        }

        var cancellation = new CancellationTokenSource();
        Task<TaskDone> running = _runner.RunAsync(task, cancellation.Token);
        _running.Add(key, new RunningTask(cancellation, running));
        running.PipeTo(
            Self, Sender,
            success: done => new Ended(key, task.Flops, done, null),
            failure: e => new Ended(key, task.Flops, null, e.Message));
    }

    private void Answer(Ended ended)
    {
        _running.Remove(ended.Key, out RunningTask task);
        bool isUnwanted = task.Cancellation.IsCancellationRequested && _leaver is null;
        if (ended.Done is { } done)
        {
            Measure(ended.Flops, done.KernelSeconds);
            if (isUnwanted)
                _dataPlane.Withdraw(done.Partial.ToClaim());
            else
                Sender.Tell(done);
        }
        else if (!isUnwanted && task.Cancellation.IsCancellationRequested)
        {
            Sender.Tell(Returned(ended.Key));
        }
        else if (!isUnwanted)
        {
            _log.Warning("task {0}/{1} of job {2} failed: {3}", ended.Key.Block, ended.Key.Segment, ended.Key.Job, ended.Reason);
            Sender.Tell(Failure(ended.Key, ended.Reason!));
        }

        task.Cancellation.Dispose();
        TellWhenIdle();
    }

    private void Measure(double flops, double seconds)
    {
        if (flops == 0 || seconds == 0)
            return;
        double latest = flops / seconds * _description.Threads / 1e9;
        _description.Gflops = _description.Gflops == 0 ? latest : _description.Gflops + (LatestShare * (latest - _description.Gflops));
    }

    /// <summary>A job's own K and V go with it.</summary>
    private void Forget(string job)
    {
        Cancel(key => key.Job == job);
        _runner.Drop(job);
        _dataPlane.WithdrawAll(job);
        _weights.Remove(job);
    }

    private void Cancel(Predicate<TaskKey> which)
    {
        foreach ((TaskKey key, RunningTask task) in _running)
        {
            if (which(key))
                task.Cancellation.Cancel();
        }
    }

    private void BeginToLeave()
    {
        _leaver = Sender;
        _description.IsLeaving = true;
        foreach (IActorRef asker in _askers)
            asker.Tell(_description.Clone());
        TellWhenIdle();
    }

    private void TellWhenIdle()
    {
        if (_running.Count == 0)
            _leaver?.Tell(Left.Instance);
    }

    private TaskFailed Failure(TaskKey key, string reason) => new()
    {
        Job = key.Job,
        Block = key.Block,
        Segment = key.Segment,
        Attempt = key.Attempt,
        Reason = reason,
        Worker = _description.Name,
    };

    private TaskReturned Returned(TaskKey key) => new()
    {
        Job = key.Job,
        Block = key.Block,
        Segment = key.Segment,
        Attempt = key.Attempt,
        Worker = _description.Name,
    };

    /// <summary>Take no more tasks, and say <see cref="Left"/> when the last has been answered. Stays in this process, like the rest here.</summary>
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

    private readonly record struct TaskKey(string Job, int Block, int Segment, int Attempt);

    private readonly record struct RunningTask(CancellationTokenSource Cancellation, Task<TaskDone> Done);

    /// <summary>A task has ended; the sender is the one who asked for it.</summary>
    private sealed record Ended(TaskKey Key, double Flops, TaskDone? Done, string? Reason) : INoSerializationVerificationNeeded;
}
