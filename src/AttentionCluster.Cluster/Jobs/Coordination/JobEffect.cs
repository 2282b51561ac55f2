using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>What the coordinator must do next; decided by <see cref="CoordinatorState"/>, done by <see cref="JobCoordinator"/>.</summary>
internal abstract record JobEffect
{
    /// <summary>Send a task to a worker.</summary>
    internal sealed record Dispatch(TaskId Task, int Attempt, string Worker) : JobEffect;

    /// <summary>Repeat the message of a task that should have been answered: the message, or the answer, may be lost.</summary>
    internal sealed record Repeat(TaskId Task, int Attempt, string Worker) : JobEffect;

    /// <summary>Tell a worker that a task needs no answer any more.</summary>
    internal sealed record Cancel(TaskId Task, int Attempt, string Worker) : JobEffect;

    /// <summary>Pull a partial. Answered by <see cref="JobEvent.Pulled"/> or <see cref="JobEvent.PullFailed"/>.</summary>
    internal sealed record Pull(TaskId Task, Claim Claim) : JobEffect;

    /// <summary>
    /// Do the merges that the partial of a task makes possible, and, when the block's tree is complete with it, finish and write its
    /// rows. Answered by <see cref="JobEvent.Merged"/>; there is one at a time for each block.
    /// </summary>
    internal sealed record Merge(TaskId Task, IReadOnlyList<MergeStep> Steps, bool CompletesBlock) : JobEffect;

    /// <summary>Write the rows of a block that sees no key. Answered by <see cref="JobEvent.EmptyWritten"/>.</summary>
    internal sealed record WriteEmpty(int Block) : JobEffect;

    /// <summary>Free a partial that is not wanted: a duplicate, or one that could not be pulled.</summary>
    internal sealed record Discard(Claim Claim) : JobEffect;

    /// <summary>Tell workers with a replica of a segment that no task of it is left.</summary>
    internal sealed record Release(SegmentId Segment, IReadOnlyCollection<string> Workers) : JobEffect;

    /// <summary>Ask which worker is a segment's home. Answered by <see cref="JobEvent.SegmentPlaced"/>, or not at all.</summary>
    internal sealed record Locate(SegmentId Segment) : JobEffect;

    /// <summary>Every row is written.</summary>
    internal sealed record Succeed : JobEffect;

    /// <summary>The job ends without a result.</summary>
    internal sealed record Fail(Refusal Reason) : JobEffect;
}
