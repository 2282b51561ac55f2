using AttentionCluster.Cluster.DataPlane;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>
/// What happens to a job: the inputs of <see cref="CoordinatorState.Step"/>. <see cref="JobCoordinator"/> makes them of messages.
/// </summary>
internal abstract record JobEvent
{
    /// <summary>The coordinator begins.</summary>
    internal sealed record Begin : JobEvent;

    /// <summary>Some time has passed.</summary>
    internal sealed record Tick : JobEvent;

    /// <summary>The job is to end: answers and partials that come from now on are discarded.</summary>
    internal sealed record End : JobEvent;

    /// <summary>A worker takes tasks.</summary>
    internal sealed record WorkerUp(string Worker, WorkerCapacity Capacity) : JobEvent;

    /// <summary>A worker takes no more tasks, and will answer those that it has.</summary>
    internal sealed record WorkerLeaves(string Worker) : JobEvent;

    /// <summary>A worker was lost: it can't be reached, and its late answers change nothing.</summary>
    internal sealed record WorkerGone(string Worker) : JobEvent;

    /// <summary>The workers that were there at the start know the weights of the shards, so homes may be requested.</summary>
    internal sealed record StartPlacement : JobEvent;

    /// <summary>The worker that is a segment's home is known.</summary>
    internal sealed record SegmentPlaced(SegmentId Segment, string Worker) : JobEvent;

    /// <summary>Segments whose home is not known by now are given to any worker.</summary>
    internal sealed record PlacementTimeout : JobEvent;

    /// <summary>A worker has a partial.</summary>
    internal sealed record TaskDone(TaskId Task, int Attempt, string Worker, Claim Claim, TaskMeasurements Measured) : JobEvent;

    /// <summary>A worker could not compute a task.</summary>
    /// <param name="Task">The task.</param>
    /// <param name="Attempt">The attempt at it.</param>
    /// <param name="Worker">The worker.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="IsTransient">Whether the cause was the machine or the network, not the task.</param>
    internal sealed record TaskFailed(TaskId Task, int Attempt, string Worker, string Reason, bool IsTransient) : JobEvent;

    /// <summary>A worker that leaves has not computed a task.</summary>
    internal sealed record TaskReturned(TaskId Task, int Attempt, string Worker) : JobEvent;

    /// <summary>A partial has been pulled.</summary>
    internal sealed record Pulled(TaskId Task) : JobEvent;

    /// <summary>A partial could not be pulled; its task must be computed again.</summary>
    internal sealed record PullFailed(TaskId Task, string Worker, string Reason) : JobEvent;

    /// <summary>A <see cref="JobEffect.Merge"/> has been done.</summary>
    internal sealed record Merged(TaskId Task) : JobEvent;

    /// <summary>A <see cref="JobEffect.WriteEmpty"/> has been done.</summary>
    internal sealed record EmptyWritten(int Block) : JobEvent;
}
