using Akka.Configuration;

namespace AttentionCluster.Cluster.Membership;

/// <summary>The settings of Akka.NET that come with the product: <c>cluster-config/akka.hocon</c>, built into this assembly.</summary>
internal static class AkkaSettings
{
    private const string Resource = "akka.hocon";

    internal static Config Load()
    {
        using Stream stream = typeof(AkkaSettings).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"the resource {Resource} is missing from the assembly");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
