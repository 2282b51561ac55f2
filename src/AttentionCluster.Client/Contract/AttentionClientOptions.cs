namespace AttentionCluster.Client;

/// <summary>Where the server is, and how patient a client is with it. A class, not a record: its text would show the token.</summary>
public sealed class AttentionClientOptions
{
    /// <summary>The server's address, <c>http</c> or <c>https</c>, with the path before <c>/v1</c> when there is one.</summary>
    public required Uri Server { get; init; }

    /// <summary>
    /// More servers of the same store, for when the one that answered last does not: gateways that share a data directory, and so know each other's jobs. Default:
    /// none.
    /// </summary>
    public IReadOnlyList<Uri> OtherServers { get; init; } = [];

    /// <summary>The secret that the server asks for; null for a server that asks for none. Default: null.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// How often a call that may be repeated is made again, and how often in a row a broken stream is taken up again without a byte of
    /// progress; from 0 to 100. Default: 5, some 15 seconds in all.
    /// </summary>
    public int RetriesMax { get; init; } = 5;

    /// <summary>
    /// The pause before the first retry; it doubles with each one, to <see cref="RetryDelayMax"/>. More than 0 and at most a minute.
    /// Default: half a second.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// The longest pause before a retry. When the server asks for a longer one (<c>Retry-After</c>), the call fails at once and says how
    /// long. From <see cref="RetryDelay"/> to a day. Default: a minute.
    /// </summary>
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long nothing may move between client and server, in either direction, while something is due. It is no limit on how long an upload, a
    /// download or a job takes. More than 0 and at most a day. Default: a minute.
    /// </summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">Says which option is out of its range.</exception>
    internal void Validate()
    {
        TimeSpan day = TimeSpan.FromDays(1);
        string? problem =
            !IsAddress(Server) ? $"{nameof(Server)} is '{Server}'; it must be an address such as http://127.0.0.1:8080" :
            OtherServers.FirstOrDefault(server => !IsAddress(server)) is { } other ? $"one of {nameof(OtherServers)} is '{other}'; it must be an address such as http://127.0.0.1:8080" :
            RetriesMax is < 0 or > 100 ? $"{nameof(RetriesMax)} is {RetriesMax}; it must be from 0 to 100" :
            RetryDelay <= TimeSpan.Zero || RetryDelay > TimeSpan.FromMinutes(1) ? $"{nameof(RetryDelay)} is {RetryDelay}; it must be more than 0 and at most a minute" :
            RetryDelayMax < RetryDelay || RetryDelayMax > day ? $"{nameof(RetryDelayMax)} is {RetryDelayMax}; it must be from {nameof(RetryDelay)} to a day" :
            SilenceTimeout <= TimeSpan.Zero || SilenceTimeout > day ? $"{nameof(SilenceTimeout)} is {SilenceTimeout}; it must be more than 0 and at most a day" :
            null;
        if (problem is not null)
            throw new ArgumentException(problem);
    }

    private static bool IsAddress(Uri? server) => server is { IsAbsoluteUri: true, Scheme: "http" or "https" };
}
