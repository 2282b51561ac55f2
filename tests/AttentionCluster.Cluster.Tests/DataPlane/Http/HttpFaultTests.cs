using System.Net;
using System.Net.Sockets;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>What goes wrong between two nodes is found, says which node it was, and costs no bytes.</summary>
public sealed class HttpFaultTests : IAsyncLifetime
{
    private const int Length = 1_000_000;

    private HttpNode _source = null!;
    private HttpNode _destination = null!;

    /// <summary>For faults alone: what must succeed is not hurried, however busy the machine.</summary>
    private HttpNode _impatient = null!;

    public async Task InitializeAsync()
    {
        _source = await HttpNode.StartAsync("ann");
        _destination = await HttpNode.StartAsync("bob");
        _impatient = await HttpNode.StartAsync("cat", options => options with { StallTimeout = TimeSpan.FromSeconds(2) });
    }

    public async Task DisposeAsync()
    {
        await _impatient.DisposeAsync();
        await _destination.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Theory]
    [InlineData("Ends", "node ann at .* broke off after [1-9][0-9]* of 1000000 bytes: ")]
    [InlineData("IsReset", "node ann at .* broke off after [1-9][0-9]* of 1000000 bytes: ")]
    [InlineData("FallsSilent", "node ann at .* was too slow: after [1-9][0-9]* of 1000000 bytes the next 4096 did not come in time")]
    public async Task A_payload_that_does_not_come_to_its_end_is_an_error_and_stays_offered(string fault, string message)
    {
        Claim claim = _source.Publish(Length);
        await using var link = new FaultyLink(_source.Address, Enum.Parse<LinkFault>(fault), afterBytes: Length / 2);

        DataPlaneException error = await PullerFor(fault).PullFailsAsync(claim with { Address = link.Address });

        Assert.Matches(message, error.Message);
        Assert.Equal(HttpNode.Bytes(Length), await _destination.PullAsync(claim));
    }

    [Fact]
    public async Task An_answer_that_never_begins_is_an_error()
    {
        Claim claim = _source.Publish(Length);
        await using var link = new FaultyLink(_source.Address, LinkFault.FallsSilent, afterBytes: 0);

        DataPlaneException error = await _impatient.PullFailsAsync(claim with { Address = link.Address });

        Assert.Matches("node ann at .* was too slow: it did not answer in time", error.Message);
    }

    [Fact]
    public async Task A_payload_that_changes_on_its_way_is_an_error()
    {
        Claim claim = _source.Publish(Length);
        await using var link = new FaultyLink(_source.Address, LinkFault.FlipsABit, afterBytes: Length / 2);

        DataPlaneException error = await _destination.PullFailsAsync(claim with { Address = link.Address });

        Assert.Matches("claim .* from node ann at .* don't have the checksum", error.Message);
    }

    [Theory]
    [InlineData("Ends")]
    [InlineData("IsReset")]
    [InlineData("FallsSilent")]
    [InlineData("FlipsABit")]
    public async Task Rows_that_do_not_arrive_as_they_were_are_asked_for_again_from_there_and_no_wrong_one_is_handed_on(string fault)
    {
        byte[] data = Import(_source, "t", rows: 10_000);
        await using var link = new FaultyLink(_source.Address, Enum.Parse<LinkFault>(fault), afterBytes: data.Length / 2);
        var received = new List<byte>();

        await PullAllAsync(PullerFor(fault), received, link.Address);

        Assert.True(link.Struck.IsCompletedSuccessfully);
        Assert.Equal(data, received);
    }

    [Theory]
    [InlineData("Ends", "the node at .* broke off after ")]
    [InlineData("IsReset", "the node at .* broke off after ")]
    [InlineData("FallsSilent", "the node at .* was too slow: after ")]
    [InlineData("FlipsABit", "rows of t from the node at .* don't bear the seal")]
    public async Task Rows_that_do_not_arrive_as_they_were_and_never_will_are_an_error_that_may_pass(string fault, string message)
    {
        Import(_source, "t", rows: 10_000);
        await using var link = new FaultyLink(_source.Address, Enum.Parse<LinkFault>(fault), afterBytes: 1_000);
        var received = new List<byte>();

        DataPlaneException error =
            await Assert.ThrowsAsync<DataPlaneException>(() => PullAllAsync(PullerFor(fault), received, link.Address));

        Assert.Matches(message, error.Message);
        Assert.True(error.IsTransient);
        Assert.Empty(received);
    }

    [Fact]
    public async Task Rows_of_a_file_that_was_cut_off_are_an_error_that_does_not_pass_and_names_file_and_place()
    {
        byte[] data = Import(_source, "t", rows: 10_000);
        string path = _source.Store.Find("t")!.File.Path;
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(data.Length / 2);
        var received = new List<byte>();

        DataPlaneException error =
            await Assert.ThrowsAsync<DataPlaneException>(() => PullAllAsync(_destination, received, _source.Address));

        Assert.False(error.IsTransient);
        Assert.Matches($"rows of t can't be read: {path}.* byte [0-9]+", error.Message);
        Assert.Empty(received);
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_an_error_at_once()
    {
        string nowhere = ClosedPort();

        DataPlaneException payload = await _destination.PullFailsAsync(_source.Publish(10) with { Address = nowhere });
        DataPlaneException rows = await Assert.ThrowsAsync<DataPlaneException>(() => PullAllAsync(_destination, [], nowhere));

        Assert.Matches($"node ann at \"{nowhere}\" can't be reached: .*refused", payload.Message);
        Assert.Matches($"the node at {nowhere} can't be reached: .*refused", rows.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1/v1")]
    [InlineData("user@127.0.0.1:1")]
    [InlineData("http://127.0.0.1:1")]
    public async Task An_address_is_a_host_and_a_port_and_nothing_else(string address)
    {
        DataPlaneException error = await _destination.PullFailsAsync(_source.Publish(10) with { Address = address });

        Assert.Contains("wanted host:port", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pull_that_is_cancelled_on_its_way_leaves_the_payload_where_it_is()
    {
        Claim claim = _source.Publish(Length);
        await using var link = new FaultyLink(_source.Address, LinkFault.FallsSilent, afterBytes: Length / 2);
        using var cancellation = new CancellationTokenSource();

        Task<byte[]> pull = _destination.PullAsync(claim with { Address = link.Address }, cancellation.Token);
        await link.Struck.InTime();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull);
        Assert.Equal(HttpNode.Bytes(Length), await _destination.PullAsync(claim));
    }

    [Fact]
    public async Task Another_number_of_bytes_than_expected_is_an_error_before_any_is_read()
    {
        Claim claim = _source.Publish(1000);
        Import(_source, "t", rows: 10_000);

        DataPlaneException payload = await _destination.PullFailsAsync(claim with { Bytes = 999 });
        DataPlaneException rows = await Assert.ThrowsAsync<DataPlaneException>(() => _destination.Plane.PullRowsAsync(
            new TensorSource("t", 8, _source.Address), new RowRange(0, 0, 0, 10), (_, _) => { }, CancellationToken.None));

        Assert.EndsWith("has 1000 bytes, and 999 were expected", payload.Message, StringComparison.Ordinal);
        Assert.EndsWith("has 168 bytes, and 88 were expected", rows.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../t", 16, 1)]
    [InlineData("t?rows=1", 16, 1)]
    [InlineData("t", 0, 1)]
    [InlineData("t", 16, 0)]
    public async Task What_can_be_no_rows_of_a_tensor_is_not_even_asked_for(string id, int rowBytes, int rows)
    {
        DataPlaneException error = await Assert.ThrowsAsync<DataPlaneException>(() => _destination.Plane.PullRowsAsync(
            new TensorSource(id, rowBytes, ClosedPort()), new RowRange(0, 0, 0, rows), (_, _) => { }, CancellationToken.None));

        Assert.EndsWith("are no rows of a tensor", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payload_that_was_withdrawn_while_it_came_belongs_to_nobody()
    {
        Claim claim = _source.Publish(Length);
        await using var link = new FaultyLink(_source.Address, LinkFault.Waits, afterBytes: Length / 2);

        Task<DataPlaneException> pull = _destination.PullFailsAsync(claim with { Address = link.Address });
        await link.Struck.InTime();
        _source.Plane.ReleaseAll("job");
        link.Release();

        Assert.Matches("node ann offers no bytes under .* any more", (await pull).Message);
        Assert.True(SpinWait.SpinUntil(() => _source.Offered.Bytes == 0, Patience.Limit));
    }

    private static string ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }

    /// <summary>A tensor of one head of rows of four floats.</summary>
    private static byte[] Import(HttpNode node, string id, int rows)
    {
        var shape = new TensorShape(1, 1, rows, 4);
        byte[] data = HttpNode.Bytes((int)shape.ElementCount * sizeof(float));
        TensorFile file = TensorFiles.Write(Path.Combine(node.Store.Directory, id + ".st"), ElementType.Float32, shape, data);
        node.Store.Import(id, file, file.Entries[0], shape);
        return data;
    }

    /// <summary>Only silence is waited out: where something comes, a busy machine must not look like a slow peer.</summary>
    private HttpNode PullerFor(string fault) => fault == nameof(LinkFault.FallsSilent) ? _impatient : _destination;

    private static Task PullAllAsync(HttpNode destination, List<byte> received, string address) => destination.Plane.PullRowsAsync(
        new TensorSource("t", 4 * sizeof(float), address), new RowRange(0, 0, 0, 10_000),
        (first, bytes) =>
        {
            Assert.Equal(received.Count, first * 4 * sizeof(float));
            received.AddRange(bytes);
        },
        CancellationToken.None).InTime();
}
