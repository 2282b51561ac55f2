using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Reduction;

/// <summary>
/// How many partials a job may have on their way and at the gateway, and what that leaves room for. Near the limit just one block goes
/// on, segment after segment, so that it always can.
/// </summary>
internal sealed class PartialBudget(AttentionPlan plan, JobLimits limits)
{
    /// <summary>
    /// Blocks that may be open: so many that their partials fit even if those come in the worst order, in which no two that have come are
    /// siblings.
    /// </summary>
    private readonly int _openMax = Math.Clamp(limits.PartialsMax / (2 + (plan.SegmentCount / 2)), 1, limits.TasksInFlight);

    /// <summary>
    /// Partials for which there is always room: with so many a block can be completed segment after segment, one at a time, because then
    /// no level of its tree has more than one that waits.
    /// </summary>
    private readonly int _reserve = 1 + MergeTree.LevelsOf(plan.SegmentCount);

    /// <summary>Merged partials that wait for their sibling.</summary>
    private int _waiting;

    /// <summary>Whether another block may be opened.</summary>
    internal bool MayOpen(int openBlocks) => openBlocks < _openMax;

    /// <summary>Whether only the reserve is left.</summary>
    internal bool IsShort(int inFlight) => inFlight + _waiting >= limits.PartialsMax - _reserve;

    /// <summary>Whether there is room for one partial more.</summary>
    internal bool HasRoom(int inFlight) => inFlight + _waiting < limits.PartialsMax;

    /// <summary>So many more partials wait; less than 0 when there are fewer.</summary>
    internal void Add(int waiting) => _waiting += waiting;
}
