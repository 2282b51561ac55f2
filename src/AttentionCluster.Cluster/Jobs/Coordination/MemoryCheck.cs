using AttentionCluster.Cluster.Compute;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>Whether jobs fit the memory of a node.</summary>
internal static class MemoryCheck
{
    /// <summary>
    /// Whether a job fits this node's memory in the roles that it has; asked before any work. Whether it fits the workers that a gateway
    /// has is known only to its cluster.
    /// </summary>
    /// <param name="node">The node's options.</param>
    /// <param name="plan">The job's plan.</param>
    /// <param name="keyType">The type that K is stored in.</param>
    /// <param name="valueType">The type that V is stored in.</param>
    /// <returns>Null when it does.</returns>
    public static Refusal? CheckMemory(this NodeOptions node, AttentionPlan plan, ElementType keyType, ElementType valueType)
    {
        MemoryShares shares = MemoryShares.From(node);
        Refusal? refusal = null;
        if (node.Roles.HasFlag(NodeRoles.Worker))
            shares.TasksAtWorker(plan, keyType, valueType, node.Threads, out refusal);
        if (refusal is null && node.Roles.HasFlag(NodeRoles.Gateway))
            shares.PartialsAtGateway(plan, node.JobsRunningMax, out refusal);
        if (refusal is null && node.Roles.HasFlag(NodeRoles.Gateway))
            refusal = CoordinatorFootprint.Check(plan, node.CoordinatorShare());
        return refusal;
    }

    /// <summary>Managed memory that each running job's coordinator may take, in bytes.</summary>
    internal static long CoordinatorShare(this NodeOptions node) =>
        CoordinatorFootprint.Share(node, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
}
