using System.Globalization;

namespace AttentionCluster.Chaos.Planning;

/// <summary>What nodes are called: in plans, in their reports and in their logs.</summary>
internal static class NodeNames
{
    /// <summary>The most nodes of a kind that any cluster here has, so that all know each other's addresses beforehand.</summary>
    public const int GatewaysMax = 2, WorkersMax = 9;

    /// <summary>All of them.</summary>
    public const string AllWorkers = "all workers";

    /// <summary>A gateway, from 1.</summary>
    public static string Gateway(int number) => string.Create(CultureInfo.InvariantCulture, $"gateway-{number}");

    /// <summary>A worker, from 1.</summary>
    public static string Worker(int number) => string.Create(CultureInfo.InvariantCulture, $"worker-{number}");

    /// <summary>Whether a node is a gateway.</summary>
    public static bool IsGateway(string node) => node.StartsWith("gateway", StringComparison.Ordinal);
}
