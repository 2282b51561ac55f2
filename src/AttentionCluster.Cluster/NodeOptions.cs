using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Core;

namespace AttentionCluster.Cluster;

/// <summary>What one node is given. Every limit is here, with its range and default.</summary>
internal sealed record NodeOptions
{
    /// <summary>The folder of the tensor store; created when absent.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>What reports and claims call the node. Default: the machine's name and the process id.</summary>
    public string Name { get; init; } = $"{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>What the node does. Default: everything.</summary>
    public NodeRoles Roles { get; init; } = NodeRoles.Gateway | NodeRoles.Worker;

    /// <summary>
    /// Cluster addresses, as <c>host:port</c>, of the nodes that a new one joins through, in the same order on all nodes. The first of them
    /// forms the cluster when it finds none. Empty: a cluster of this node alone. Default: empty.
    /// </summary>
    public IReadOnlyList<string> Seeds { get; init; } = [];

    /// <summary>Compute threads. Default: one for every processor.</summary>
    [Range(1, 1024)]
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Native memory for packed segments, query blocks, partials and workspaces together, in bytes.
    /// Default: half of the memory that the process may use.
    /// </summary>
    [Range((double)(64L << 20), double.MaxValue)]
    public long MemoryBytesMax { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>
    /// Jobs that a gateway runs at a time. Others wait. Each may take its part of the memory for partials. Default: 1.
    /// </summary>
    [Range(1, 64)]
    public int JobsRunningMax { get; init; } = 1;

    /// <summary>Bytes of one chunk on the data plane. Default: 1 MiB. Changes no bit of a result.</summary>
    [Range(4 << 10, 64 << 20)]
    public int ChunkBytes { get; init; } = 1 << 20;

    /// <summary>
    /// How long a partial waits to be pulled before it is freed. Default: 10 min. Only what its coordinator has
    /// lost sight of gets that old.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan OfferAgeMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The address that Akka.Remote listens on; port 0 takes a free one. Default: loopback, a free port.</summary>
    public (string Host, int Port) ClusterAddress { get; init; } = ("127.0.0.1", 0);

    /// <summary>
    /// The host that other nodes reach this one by; needed when it listens on all addresses. Default: the address that it listens on.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Mutual TLS of Akka.Remote; null for plain TCP, in which whoever reaches the address belongs. Default: null.</summary>
    public NodeTls? Tls { get; init; }

    /// <summary>How long a node may take to become Up. Default: 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a node may take to leave its cluster. After that it ends anyway, and the others find out by its
    /// silence. Default: 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan LeaveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often a gateway looks whether the processes of the other nodes are there, besides when a connection with one breaks.
    /// Default: 5 s. A look is a connection to the cluster address that is closed at once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long nothing may come of a running job's tasks before it fails. Default: 10 min. That long it waits for workers
    /// that are lost to come back, or for others.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan ProgressTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long counting what the mask or the documents of one job leave visible may take. Default: 10 min. Plans of other jobs take
    /// no time to speak of.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan PlanningTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Where a gateway journals how far its jobs are; null for one whose jobs end with it. Default: null.</summary>
    public JournalOptions? Journal { get; init; }

    /// <summary>What the node tells of its build; another only to see what becomes of that.</summary>
    internal NodeVersion Version { get; init; } = NodeVersion.Own;

    /// <summary>
    /// All values that can't be used, each with the reason; empty when all can. Does not read the files of <see cref="Tls"/>.
    /// </summary>
    public IReadOnlyList<Refusal> Validate()
    {
        var checks = new OptionChecks();
        checks.Ranges(this);
        bool isAny = IPAddress.TryParse(ClusterAddress.Host, out IPAddress? address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        checks.Require(Name.Length is > 0 and <= 128 && !Name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)), nameof(Name),
            ErrorCode.NameNotValid, $"\"{Name}\" is no name of a node: wanted 1 to 128 characters without spaces");
        checks.Require(Roles != NodeRoles.None, nameof(Roles), ErrorCode.OptionOutOfRange, $"a node without a role is good for nothing");
        checks.Require(Uri.CheckHostName(ClusterAddress.Host) != UriHostNameType.Unknown, nameof(ClusterAddress),
            ErrorCode.AddressNotValid, $"\"{ClusterAddress.Host}\" is no name or address of a host");
        checks.Port(nameof(ClusterAddress), ClusterAddress.Port);
        checks.Require(!isAny || AdvertisedHost is not null, nameof(AdvertisedHost), ErrorCode.AdvertisedHostMissing,
            $"a node that listens on all addresses must say by which host others reach it");
        checks.Require(AdvertisedHost is null || Uri.CheckHostName(AdvertisedHost) != UriHostNameType.Unknown, nameof(AdvertisedHost),
            ErrorCode.AddressNotValid, $"\"{AdvertisedHost}\" is no name or address of a host");
        foreach (string seed in Seeds)
            checks.Require(IsAddress(seed), nameof(Seeds), ErrorCode.AddressNotValid, $"\"{seed}\" is no host:port of a seed");
        return checks.Refusals;
    }

    /// <summary>Whether a text is <c>host:port</c>.</summary>
    internal static bool IsAddress(string seed)
    {
        int colon = seed.LastIndexOf(':');
        return colon > 0
            && Uri.CheckHostName(seed[..colon]) != UriHostNameType.Unknown
            && int.TryParse(seed.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is >= 1 and <= 65_535;
    }
}
