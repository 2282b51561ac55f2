using Akka.Actor;
using Akka.Cluster;

namespace AttentionCluster.Cluster.Identity;

/// <summary>Published when another node has proved that it is of this cluster. Stays in this process.</summary>
internal sealed record NodeProven(UniqueAddress Node) : INoSerializationVerificationNeeded;
