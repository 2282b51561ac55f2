using System.Net;
using System.Net.Sockets;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>Bytes and answers of who is not of the cluster are taken for nothing.</summary>
public sealed class HttpForgeryTests : IAsyncLifetime
{
    private const int Length = 1_000_000;

    private HttpNode _source = null!;
    private HttpNode _destination = null!;

    public async Task InitializeAsync()
    {
        _source = await HttpNode.StartAsync("ann");
        _destination = await HttpNode.StartAsync("bob");
    }

    public async Task DisposeAsync()
    {
        await _destination.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task A_payload_that_was_changed_on_its_way_is_refused_though_its_checksum_was_changed_as_well()
    {
        Claim claim = _source.Publish(Length);
        await using HttpNode other = await HttpNode.StartAsync("ann");
        Claim changed = other.Publish(Length, seed: 2);

        DataPlaneException error = await _destination.PullFailsAsync(changed with { Seal = claim.Seal });

        Assert.Matches("claim .* from node ann at .* don't bear the seal", error.Message);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task A_payload_without_a_seal_is_refused()
    {
        DataPlaneException error = await _destination.PullFailsAsync(_source.Publish(Length) with { Seal = null });

        Assert.Matches("don't bear the seal", error.Message);
    }

    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nnothing")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n0123456789abcdef")]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nAttn-Proof: 00\r\n\r\n")]
    public async Task Whatever_another_process_at_the_port_answers_says_nothing_about_what_was_asked_for(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task answering = AnswerAsync(listener, answer);

        DataPlaneException error = await Assert.ThrowsAsync<DataPlaneException>(() => _destination.Plane.PullRowsAsync(
            new TensorSource("t", 8, listener.LocalEndpoint.ToString()!), new RowRange(0, 0, 0, 1), (_, _) => { },
                CancellationToken.None).InTime());

        Assert.Contains("does not prove that it knows the secret", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
        await answering.InTime();
    }

    [Fact]
    public async Task A_node_with_another_secret_is_trouble_that_may_pass()
    {
        await using HttpNode stranger = await HttpNode.StartAsync("cat", options => options with { Secret = new string('f', 32) });

        DataPlaneException error = await Assert.ThrowsAsync<DataPlaneException>(() => _destination.Plane.PullRowsAsync(
            new TensorSource("t", 8, stranger.Address), new RowRange(0, 0, 0, 1), (_, _) => { }, CancellationToken.None).InTime());

        Assert.Contains("their secrets differ", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
    }

    private static async Task AnswerAsync(TcpListener listener, string answer)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        byte[] request = new byte[4096];
        _ = await client.GetStream().ReadAsync(request);
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer));
    }
}
