using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Client.Tests;

/// <summary>A client that is quick to try again, and tensors for it to send.</summary>
internal static class ClientUnderTest
{
    /// <summary>A client of a fake server.</summary>
    public static AttentionClient Client(this FakeServer server, int retriesMax = 3, double silenceSeconds = 30) =>
        new(server.Options(retriesMax, silenceSeconds));

    /// <summary>Its options.</summary>
    public static AttentionClientOptions Options(this FakeServer server, int retriesMax = 3, double silenceSeconds = 30) => new()
    {
        Server = server.Address,
        Token = server.Token,
        RetriesMax = retriesMax,
        RetryDelay = TimeSpan.FromMilliseconds(10),
        RetryDelayMax = TimeSpan.FromSeconds(5),
        SilenceTimeout = TimeSpan.FromSeconds(silenceSeconds),
    };

    /// <summary>Random q, k and v.</summary>
    public static TensorInput[] Tensors(int rows = 16, int width = 8)
    {
        var shape = new TensorShape(1, 2, rows, width);
        return [.. ((string[])["q", "k", "v"]).Select(name => TensorInput.Random(name, shape, seed: 1))];
    }
}
