using Akka.Configuration;

namespace AttentionCluster.Cluster.Hosting;

/// <summary>The settings of Akka.NET that come with the product: the files of <c>cluster-config</c>, built into this assembly.</summary>
internal static class AkkaSettings
{
    /// <summary>What every node has.</summary>
    internal static Config ForEveryNode() => Load("akka.hocon");

    /// <summary>What a node that is its own cluster has besides.</summary>
    internal static Config ForSingleNode() => Load("single-node.hocon");

    /// <summary>What a gateway that journals its jobs has besides.</summary>
    internal static Config ForJournal() => Load("journal.hocon");

    private static Config Load(string resource)
    {
        using Stream stream = typeof(AkkaSettings).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"the resource {resource} is missing from the assembly");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
