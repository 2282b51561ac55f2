using Akka.Configuration;
using AttentionCluster.Cluster.Hosting;

namespace AttentionCluster.Cluster.Tests;

/// <summary>The product's settings for actors without a cluster, with every message serialized, as if it left the node.</summary>
internal static class StrictAkka
{
    internal static Config Settings { get; } = ConfigurationFactory.ParseString(
        """
        akka {
          loglevel = WARNING
          test.single-expect-default = 60s
          actor {
            provider = local
            serialize-messages = on
            # Akka's own messages within a node have no binding, and would not survive either of these.
            serialization-settings.allow-unregistered-types = true
            serializers.json = "Akka.Serialization.NewtonSoftJsonSerializer, Akka"
          }
        }
        """).WithFallback(AkkaSettings.ForEveryNode());
}
