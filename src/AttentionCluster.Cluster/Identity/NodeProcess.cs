using Akka.Cluster;

namespace AttentionCluster.Cluster.Identity;

/// <summary>One process as the cluster knows it: another at the same address has another number.</summary>
/// <param name="Address">Its cluster address, as <c>host:port</c>.</param>
/// <param name="Uid">Its number.</param>
internal readonly record struct NodeProcess(string Address, int Uid)
{
    internal static NodeProcess Of(UniqueAddress node) => new(NodeAddress.HostAndPort(node.Address), node.Uid);
}
