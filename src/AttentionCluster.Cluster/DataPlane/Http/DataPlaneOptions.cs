using System.ComponentModel.DataAnnotations;
using System.Net;
using AttentionCluster.Core;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>What a node's HTTP data plane is given. Every limit is here, with its range and default.</summary>
public sealed record DataPlaneOptions
{
    /// <summary>Characters of the shortest secret: 128 bits in hexadecimal.</summary>
    public const int SecretLengthMin = 32;

    /// <summary>Memory that one transfer takes where it is served, in bytes: the server's piece, and what its connection buffers.</summary>
    private const long ServedBytesMax = 3 << 19;

    /// <summary>What all nodes of the cluster know, and nobody else; at least 32 characters. It never goes over the network.</summary>
    public required string Secret { get; init; }

    /// <summary>The IP address and port to listen on; port 0 takes a free one. Default: loopback, a free port.</summary>
    public (string Host, int Port) Listen { get; init; } = ("127.0.0.1", 0);

    /// <summary>
    /// The host that other nodes reach this one by; needed when it listens on all addresses. Default: the address that it listens on.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>
    /// Mutual TLS; null for plain HTTP, in which the secret stays secret but whoever sees the network sees the tensors. Default: null.
    /// </summary>
    public NodeTls? Tls { get; init; }

    /// <summary>
    /// Transfers that this node serves at a time. Further ones are told to come back. Each takes up to 1.5 MiB of
    /// memory. Default: 64.
    /// </summary>
    [Range(1, 4096)]
    public int ServedMax { get; init; } = 64;

    /// <summary>Transfers that this node pulls at a time. Further ones wait. One of rows takes a chunk of memory. Default: 32.</summary>
    [Range(1, 4096)]
    public int PulledMax { get; init; } = 32;

    /// <summary>Connections from other nodes, idle ones too. Further ones are closed. Default: 1024.</summary>
    [Range(1, 65_536)]
    public int ConnectionsMax { get; init; } = 1024;

    /// <summary>How long connecting to a node may take. Default: 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a transfer may stand still, at either end, before it is cut off. Default: 5 s. A slow one gets
    /// besides what its bytes take at <see cref="BytesPerSecondMin"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:10:00")]
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The slowest that a transfer may be. Default: 262144 (256 KiB/s).</summary>
    [Range(1, 1 << 30)]
    public int BytesPerSecondMin { get; init; } = 1 << 18;

    /// <summary>
    /// How often a busy node is asked again, in growing steps from 10 ms to 1 s. Default: 60, which is about a
    /// minute.
    /// </summary>
    [Range(1, 10_000)]
    public int BusyRetriesMax { get; init; } = 60;

    /// <summary>
    /// All values that can't be used, each with the reason; empty when all can. Does not read the files of <see cref="Tls"/>.
    /// </summary>
    public IReadOnlyList<Refusal> Validate()
    {
        var checks = new OptionChecks();
        checks.Ranges(this);
        bool isAddress = IPAddress.TryParse(Listen.Host, out IPAddress? address);
        bool isAny = isAddress && (address!.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        checks.Require(Secret.Length >= SecretLengthMin, nameof(Secret), ErrorCode.SecretTooShort,
            $"the secret has {Secret.Length} characters; it must have at least {SecretLengthMin}");
        checks.Require(isAddress, nameof(Listen), ErrorCode.AddressNotValid, $"\"{Listen.Host}\" is no IP address to listen on");
        checks.Require(!isAny || AdvertisedHost is not null, nameof(AdvertisedHost), ErrorCode.AdvertisedHostMissing,
            $"a node that listens on all addresses must say by which host others reach it");
        checks.Require(AdvertisedHost is null || Uri.CheckHostName(AdvertisedHost) != UriHostNameType.Unknown, nameof(AdvertisedHost),
            ErrorCode.AddressNotValid, $"\"{AdvertisedHost}\" is no name or address of a host");
        checks.Port(nameof(Listen), Listen.Port);
        return checks.Refusals;
    }

    /// <summary>What all transfers at one time take of memory, in bytes.</summary>
    /// <param name="chunkBytes">The node's <see cref="NodeOptions.ChunkBytes"/>.</param>
    public long BufferBytesMax(int chunkBytes) => (ServedMax * ServedBytesMax) + (PulledMax * (long)chunkBytes);

    /// <summary>Without the secret: options get logged.</summary>
    public override string ToString() => $"data plane on {Listen.Host}:{Listen.Port}, {(Tls is null ? "plain" : "TLS")}";
}
