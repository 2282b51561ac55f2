using Akka.Cluster;

namespace AttentionCluster.Cluster.Membership;

/// <summary>Names that all nodes of a cluster must use alike.</summary>
internal static class ClusterNames
{
    /// <summary>The actor system.</summary>
    internal const string System = "attention";

    /// <summary>The Akka.Cluster role of nodes that take jobs.</summary>
    internal const string GatewayRole = "gateway";

    /// <summary>The Akka.Cluster role of nodes that compute.</summary>
    internal const string WorkerRole = "worker";

    /// <summary>The name of the actor that computes, on every worker.</summary>
    internal const string WorkerActor = "worker";

    /// <summary>The roles of a node with these options.</summary>
    internal static IEnumerable<string> RolesOf(NodeRoles roles)
    {
        if (roles.HasFlag(NodeRoles.Gateway))
            yield return GatewayRole;
        if (roles.HasFlag(NodeRoles.Worker))
            yield return WorkerRole;
    }

    /// <summary>What a member does. Its other Akka.Cluster roles carry its name and its version, which are no roles of a node.</summary>
    internal static IEnumerable<string> RolesOf(Member member) => member.Roles.Intersect([GatewayRole, WorkerRole]);
}
