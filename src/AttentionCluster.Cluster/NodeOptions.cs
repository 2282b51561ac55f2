using AttentionCluster.Cluster.Compute;
using AttentionCluster.Core;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster;

/// <summary>What one node is given. Every limit is here, with its range and default.</summary>
public sealed record NodeOptions
{
    /// <summary>The folder of the tensor store; created when absent.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>What reports and claims call the node. Default: the machine's name and the process id.</summary>
    public string Name { get; init; } = $"{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>What the node does. Default: everything.</summary>
    public NodeRoles Roles { get; init; } = NodeRoles.Gateway | NodeRoles.Worker;

    /// <summary>
    /// Cluster addresses, as <c>host:port</c>, of the nodes that a new one joins through, in the same order on all nodes. The first of them forms the
    /// cluster when it finds none. Empty: a cluster of this node alone. Default: empty.
    /// </summary>
    public IReadOnlyList<string> Seeds { get; init; } = [];

    /// <summary>Compute threads; from 1 to 1024. Default: one for every processor.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Native memory for packed segments, query blocks, partials and workspaces together, in bytes; at least 64 MiB.
    /// Default: half of the memory that the process may use.
    /// </summary>
    public long MemoryBytesMax { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>
    /// Jobs that a gateway runs at a time; from 1 to 64. Others wait. Each may take its part of the memory for partials. Default: 1.
    /// </summary>
    public int JobsRunningMax { get; init; } = 1;

    /// <summary>Bytes of one chunk on the data plane; from 4 KiB to 64 MiB. Default: 1 MiB. Changes no bit of a result.</summary>
    public int ChunkBytes { get; init; } = 1 << 20;

    /// <summary>
    /// How long a partial waits to be pulled before it is freed; from 1 s to 1 day. Default: 10 min. Only what its coordinator has
    /// lost sight of gets that old.
    /// </summary>
    public TimeSpan OfferAgeMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The address that Akka.Remote listens on; port 0 takes a free one. Default: loopback, a free port.</summary>
    public (string Host, int Port) ClusterAddress { get; init; } = ("127.0.0.1", 0);

    /// <summary>
    /// The host that other nodes reach this one by; needed when it listens on all addresses. Default: the address that it listens on.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>How long a node may take to become Up. Default: 30 s.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first value that is out of its range.</summary>
    /// <returns>Null when all are good.</returns>
    public Refusal? Validate() =>
        Threads is < 1 or > 1024 ? OutOfRange("threads", Threads, "from 1 to 1024") :
        MemoryBytesMax < 64L << 20 ? OutOfRange("memory-bytes-max", MemoryBytesMax, "at least 67108864 (64 MiB)") :
        JobsRunningMax is < 1 or > 64 ? OutOfRange("jobs-running-max", JobsRunningMax, "from 1 to 64") :
        ChunkBytes is < 4096 or > 64 << 20 ? OutOfRange("chunk-bytes", ChunkBytes, "from 4096 to 67108864") :
        OfferAgeMax < TimeSpan.FromSeconds(1) || OfferAgeMax > TimeSpan.FromDays(1) ? OutOfRange("offer-age-max", (long)OfferAgeMax.TotalSeconds, "from 1 to 86400 (seconds)") :
        null;

    /// <summary>Whether a job fits the memory of a node that is its own cluster; asked before any work.</summary>
    /// <returns>Null when it does.</returns>
    public Refusal? CheckMemory(AttentionPlan plan, ElementType keyType, ElementType valueType)
    {
        MemoryShares shares = MemoryShares.From(this);
        shares.TasksAtWorker(plan, keyType, valueType, Threads, out Refusal? refusal);
        if (refusal is null)
            shares.PartialsAtGateway(plan, JobsRunningMax, out refusal);
        return refusal;
    }

    private static Refusal OutOfRange(string name, long value, string range) =>
        new("option-out-of-range", $"{name} is {value}; it must be {range}");
}
