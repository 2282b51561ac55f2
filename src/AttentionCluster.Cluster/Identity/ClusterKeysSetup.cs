using Akka.Actor.Setup;

namespace AttentionCluster.Cluster.Identity;

/// <summary>Hands the keys to what Akka makes itself: the serializer.</summary>
internal sealed class ClusterKeysSetup(ClusterKeys keys) : Setup
{
    internal ClusterKeys Keys => keys;
}
