using System.ComponentModel.DataAnnotations;
using AttentionCluster.Core;
namespace AttentionCluster.Client;

/// <summary>Where the server is, and how patient a client is with it. A class, not a record: its text would show the token.</summary>
public sealed class AttentionClientOptions
{
    /// <summary>The server's address, <c>http</c> or <c>https</c>, with the path before <c>/v1</c> when there is one.</summary>
    public required Uri Server { get; init; }

    /// <summary>
    /// More servers of the same store, for when the one that answered last does not: gateways that share a data directory, and so know each
    /// other's jobs. Default: none.
    /// </summary>
    public IReadOnlyList<Uri> OtherServers { get; init; } = [];

    /// <summary>The secret that the server asks for; null for a server that asks for none. Default: null.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// How often a call that may be repeated is made again, and how often in a row a broken stream is taken up again without a byte of
    /// progress. Default: 5, some 15 seconds in all.
    /// </summary>
    [Range(0, 100)]
    public int RetriesMax { get; init; } = 5;

    /// <summary>
    /// The pause before the first retry; it doubles with each one, to <see cref="RetryDelayMax"/>. Default: half a second.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// The longest pause before a retry. When the server asks for a longer one (<c>Retry-After</c>), the call fails at once and says how
    /// long. At least <see cref="RetryDelay"/>. Default: a minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long nothing may move between client and server, in either direction, while something is due. It is no limit on how long an
    /// upload, a download or a job takes. Default: a minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>All values that can't be used, each with the reason; empty when all can.</summary>
    internal IReadOnlyList<Refusal> Validate()
    {
        var checks = new OptionChecks();
        checks.Ranges(this);
        foreach (Uri server in (IEnumerable<Uri>)[Server, .. OtherServers])
        {
            checks.Require(
                IsAddress(server), server == Server ? nameof(Server) : nameof(OtherServers), ErrorCode.AddressNotValid,
                $"'{server}' is no address of a server; it must be one such as http://127.0.0.1:8080");
        }

        checks.Require(
            RetryDelayMax >= RetryDelay, nameof(RetryDelayMax), ErrorCode.OptionOutOfRange,
            $"retry-delay-max is {RetryDelayMax.TotalSeconds}; it must be at least retry-delay, {RetryDelay.TotalSeconds} (seconds)");
        return checks.Refusals;
    }

    /// <summary>Refuses to go on with values that can't be used.</summary>
    /// <exception cref="ArgumentException">Names each property that is to blame, with the reason.</exception>
    internal void ThrowIfInvalid()
    {
        if (Validate() is { Count: > 0 } refusals)
            throw new ArgumentException(string.Join("; ", refusals.Select(refusal => $"{refusal.Option}: {refusal.Message}")));
    }

    private static bool IsAddress(Uri? server) => server is { IsAbsoluteUri: true, Scheme: "http" or "https" };
}
