using System.ComponentModel.DataAnnotations;
using System.Net;
using AttentionCluster.Core;

namespace AttentionCluster.Server;

/// <summary>What a node's public HTTP interface is given. Every limit is here, with its range and default.</summary>
internal sealed record HttpOptions
{
    /// <summary>Characters of the shortest token.</summary>
    public const int TokenLengthMin = 16;

    /// <summary>
    /// Where it listens: <c>http://</c> or <c>https://</c>, an IP address or <c>localhost</c>, and a port, of which 0 takes a free one.
    /// Default: <c>http://127.0.0.1:8080</c>.
    /// </summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:8080"];

    /// <summary>
    /// Names by which requests may call the node (<c>Host</c>) besides <c>localhost</c>, loopback addresses and those of
    /// <see cref="Urls"/>: names, IP addresses, <c>*.example.com</c> for all below a name, <c>*</c> for all that there are. Default: none;
    /// a node that listens beyond loopback can then be called by any IP address, and with a token by any name.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The certificate for <c>https://</c>, in PEM, with those between it and its authority behind it. Default: none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Its private key, in PEM. Default: none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>
    /// What requests must bring as <c>Authorization: Bearer</c>, except those for health; at least 16 letters, digits and <c>-._~+/=</c>.
    /// Default: none, which is for loopback alone.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>Whether anyone who reaches an address beyond loopback may do everything. Default: false.</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>
    /// Connections at one time. Of further ones each takes the place of the one that has been idle for longest; where none is, it can ask
    /// for health alone. Default: 512.
    /// </summary>
    [Range(1, 65_536)]
    public int ConnectionsMax { get; init; } = 512;

    /// <summary>
    /// The same from one address (of IPv6, from one /64). To be raised where a proxy stands before the node. Default: null, three quarters
    /// of <see cref="ConnectionsMax"/>.
    /// </summary>
    [Range(1, 65_536)]
    public int? ConnectionsPerAddressMax { get; init; }

    /// <summary>
    /// What one connection may hold of a body before it waits, in bytes. Default: 128 KiB.
    /// </summary>
    [Range(16 << 10, 64 << 20)]
    public int BufferBytesMax { get; init; } = 128 << 10;

    /// <summary>The longest body of a request that brings no tensors, in bytes. Default: 1 MiB.</summary>
    [Range(1 << 10, 1 << 30)]
    public long BodyBytesMax { get; init; } = 1 << 20;

    /// <summary>All headers of one request together, in bytes. Default: 32 KiB.</summary>
    [Range(4 << 10, 1 << 20)]
    public int HeaderBytesMax { get; init; } = 32 << 10;

    /// <summary>How long the headers of a request may take. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may stay open without a request. Default: 2 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a body may stay under <see cref="BytesPerSecondMin"/> before its connection is closed. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:10:00")]
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The slowest that a body may come or go. Default: 1024.</summary>
    [Range(1, 1 << 30)]
    public int BytesPerSecondMin { get; init; } = 1024;

    /// <summary>Connections from one address at one time.</summary>
    internal int ConnectionsOfOneAddress => ConnectionsPerAddressMax ?? Math.Max(1, ConnectionsMax * 3 / 4);

    /// <summary>What all connections at one time take of memory, in bytes: a body each way. Those for health bring none.</summary>
    public long BufferBytes => 2L * ConnectionsMax * BufferBytesMax;

    /// <summary>All values that can't be used, each with the reason; empty when all can. Does not read the files.</summary>
    public IReadOnlyList<Refusal> Validate()
    {
        var checks = new OptionChecks();
        checks.Ranges(this);
        checks.Require(Urls.Count > 0, nameof(Urls), ErrorCode.AddressNotValid, $"a node listens at least at one address");
        foreach (string url in Urls)
        {
            ListenAddress? address = ListenAddress.Read(url);
            checks.Require(address is not null, nameof(Urls), ErrorCode.AddressNotValid,
                $"\"{url}\" is no address to listen on; it must be such as http://127.0.0.1:8080, with an IP address or localhost");
            checks.Require(address is not { IsHttps: true } || CertificateFile is not null, nameof(CertificateFile),
                ErrorCode.CertificateMissing, $"{url} needs a certificate and its key");
            checks.Require(
                address is null || IPAddress.IsLoopback(address.EndPoint.Address) || Token is not null || AllowAnonymous,
                nameof(Token), ErrorCode.TokenMissing, $"{url} can be reached from other machines: that needs a token, or AllowAnonymous "
                    + "for a network in which everyone may do everything");
        }

        foreach (string host in AllowedHosts)
        {
            checks.Require(
                HostFilter.IsHost(host), nameof(AllowedHosts), ErrorCode.HostNotValid,
                $"\"{host}\" is no host; it must be a name or an IP address without a port, *.example.com for all below a name, or * for "
                    + "all");
        }

        checks.Require(CertificateFile is null == KeyFile is null, nameof(KeyFile), ErrorCode.CertificateMissing,
            $"a certificate and its key go together");
        checks.Require(Token is null || IsToken(Token), nameof(Token), ErrorCode.TokenNotValid,
            $"the token must be at least {TokenLengthMin} letters, digits and -._~+/=");
        return checks.Refusals;
    }

    /// <summary>Without the token: options get logged.</summary>
    public override string ToString() => $"HTTP on {string.Join(", ", Urls)}, {(Token is null ? "without" : "with")} a token";

    private static bool IsToken(string token) =>
        token.Length >= TokenLengthMin && token.All(c => char.IsAsciiLetterOrDigit(c) || "-._~+/=".Contains(c, StringComparison.Ordinal));
}
