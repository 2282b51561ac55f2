using AttentionCluster.Client;

namespace AttentionCluster.Cli.Remote;

/// <summary>The server that a command works with.</summary>
/// <param name="Uris">Its addresses: more than one when it is gateways that share a data directory.</param>
/// <param name="Token">The secret that it asks for; null when none was given.</param>
internal sealed record ServerAddress(IReadOnlyList<Uri> Uris, string? Token)
{
    /// <summary>3 seconds or so: a server that is not there when it is called first is rather a wrong address.</summary>
    private const int FirstRetriesMax = 2;

    /// <summary>Two minutes and more: a job that runs for hours must outlive a server's restart.</summary>
    private const int PatientRetriesMax = 8;

    /// <summary>A client for calls that a person waits for.</summary>
    public AttentionClient Call() => Connect(FirstRetriesMax);

    /// <summary>A client for a job that the server has.</summary>
    public AttentionClient Follow() => Connect(PatientRetriesMax);

    private AttentionClient Connect(int retriesMax) =>
        new(new AttentionClientOptions { Server = Uris[0], OtherServers = [.. Uris.Skip(1)], Token = Token, RetriesMax = retriesMax });
}
