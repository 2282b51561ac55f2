using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;

namespace AttentionCluster.Server.Jobs;

/// <summary>
/// What a sender is told when the store takes nothing: a full disk gets room again, and other troubles need the operator.
/// </summary>
internal static class StoreRefusal
{
    /// <param name="problem">What the store said.</param>
    /// <param name="what">Could not be written.</param>
    internal static Refusal Of(Exception problem, string what) => DiskSpace.IsFull(problem)
        ? new Refusal(ErrorCode.NoRoomOnDisk, $"{what} can't be written to the node's store, whose disk is full ({problem.Message}): "
            + "remove results that are not needed, or send it again later")
        : new Refusal(ErrorCode.StoreNotWritable, $"{what} can't be written to the node's store: {problem.Message}");
}
