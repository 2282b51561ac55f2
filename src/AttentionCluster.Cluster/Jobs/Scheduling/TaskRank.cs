namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>The place of a task among those that a worker could get next.</summary>
/// <param name="Affinity">Decides first.</param>
/// <param name="Order">Decides among tasks of one affinity: the smaller comes first.</param>
/// <param name="Index">The number of the segment's queue, so that no two are equal.</param>
internal readonly record struct TaskRank(Affinity Affinity, double Order, int Index)
{
    internal static TaskRank Never { get; } = new(Affinity.Never, 0, 0);

    internal bool IsBefore(TaskRank other) => (Affinity, Order, Index).CompareTo((other.Affinity, other.Order, other.Index)) < 0;
}
