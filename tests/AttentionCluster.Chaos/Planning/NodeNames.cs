using System.Globalization;

namespace AttentionCluster.Chaos.Planning;

/// <summary>What nodes, and whatever else suffers, are called: in plans, in reports and in logs.</summary>
internal static class NodeNames
{
    /// <summary>The most nodes of a kind that any cluster here has, so that all know each other's addresses beforehand.</summary>
    public const int GatewaysMax = 2, WorkersMax = 9;

    /// <summary>All of them.</summary>
    public const string AllWorkers = "all workers";

    /// <summary>The file system of the gateways' data directory.</summary>
    public const string Disk = "the gateways' disk";

    /// <summary>Jobs that are sent only to be removed.</summary>
    public const string SmallJobs = "small jobs";

    /// <summary>A worker that does not know the cluster's secret.</summary>
    public const string Stranger = "stranger";

    /// <summary>A worker of a build that speaks another version of the control protocol.</summary>
    public const string OtherVersion = "other-version";

    /// <summary>A gateway, from 1.</summary>
    public static string Gateway(int number) => string.Create(CultureInfo.InvariantCulture, $"gateway-{number}");

    /// <summary>A worker, from 1.</summary>
    public static string Worker(int number) => string.Create(CultureInfo.InvariantCulture, $"worker-{number}");

    /// <summary>A job of a plan, from 1.</summary>
    public static string Job(int number) => string.Create(CultureInfo.InvariantCulture, $"job {number}");

    /// <summary>Whether a node is one that the cluster must give nothing to.</summary>
    public static bool IsOutsider(string node) => node is Stranger or OtherVersion;

    /// <summary>Whether a node is a gateway.</summary>
    public static bool IsGateway(string node) => node.StartsWith("gateway", StringComparison.Ordinal);
}
