using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AttentionCluster.Chaos.Network;

namespace AttentionCluster.Chaos.Tests;

/// <summary>What stands between nodes: it passes bytes, and stops them both ways when it is told to.</summary>
public sealed class ProxyTests : IAsyncLifetime, IDisposable
{
    private const string Node = "worker-1";

    /// <summary>Longer than anything here takes on a busy machine; and long enough for bytes that are let through by mistake.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30), s_silence = TimeSpan.FromMilliseconds(300);

    private readonly NetworkFaults _faults = new();
    private readonly TcpListener _node = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _opened = [];
    private string? _caller;
    private Proxy _proxy = null!;

    public Task InitializeAsync()
    {
        _node.Start();
        _proxy = new Proxy(new IPEndPoint(IPAddress.Loopback, 0), (IPEndPoint)_node.LocalEndpoint, Node, carriesTensors: true, _faults,
            (_, _) => _caller);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _opened.ForEach(client => client.Dispose());
        await _proxy.DisposeAsync();
    }

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task All_bytes_pass_both_ways_in_their_order()
    {
        (NetworkStream caller, NetworkStream node) = await ConnectAsync();
        byte[] sent = new byte[5_000_000];
        new Random(1).NextBytes(sent);

        foreach ((NetworkStream from, NetworkStream to) in new[] { (caller, node), (node, caller) })
        {
            byte[] received = new byte[sent.Length];
            await Task.WhenAll(from.WriteAsync(sent).AsTask(), to.ReadExactlyAsync(received).AsTask()).WaitAsync(s_patience);
            Assert.Equal(sent, received);
        }
    }

    [Fact]
    public async Task The_end_of_one_direction_passes_and_leaves_the_other_open()
    {
        (NetworkStream caller, NetworkStream node) = await ConnectAsync();

        caller.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal(0, await node.ReadAsync(new byte[1]).AsTask().WaitAsync(s_patience));
        await node.WriteAsync(new byte[] { 7 });
        Assert.Equal(7, await ReadByteAsync(caller));
    }

    [Fact]
    public async Task A_delay_makes_bytes_late_and_not_few()
    {
        (NetworkStream caller, NetworkStream node) = await ConnectAsync();
        var delay = TimeSpan.FromMilliseconds(200);
        _faults.Delay(Node, delay);
        byte[] sent = new byte[2_000_000];
        var clock = Stopwatch.StartNew();

        Task writing = caller.WriteAsync(sent).AsTask();
        await ReadByteAsync(node);

        // The clock of timers may step by several milliseconds.
        Assert.True(clock.Elapsed >= 0.9 * delay, $"it took {clock.Elapsed}");
        await node.ReadExactlyAsync(new byte[sent.Length - 1]).AsTask().WaitAsync(s_patience);
        await writing;

        // Thirty chunks one after the other, each late, would take 6 s.
        Assert.True(clock.Elapsed < 10 * delay, $"it took {clock.Elapsed}");
    }

    [Fact]
    public async Task Tampering_changes_some_bits_and_no_number_of_bytes_until_it_is_healed()
    {
        (NetworkStream caller, NetworkStream node) = await ConnectAsync();
        byte[] sent = new byte[5_000_000], received = new byte[sent.Length];
        _faults.Tamper(Node);

        await PassAsync();
        int changed = received.Count(each => each != 0);
        Assert.InRange(changed, 1, sent.Length / 1000);
        Assert.Equal(_faults.Tamperings, changed);

        _faults.Heal(Node);
        await PassAsync();
        Assert.Equal(sent, received);

        Task PassAsync() => Task.WhenAll(caller.WriteAsync(sent).AsTask(), node.ReadExactlyAsync(received).AsTask()).WaitAsync(s_patience);
    }

    [Fact]
    public async Task A_partition_stops_open_connections_both_ways_and_they_go_on_when_it_is_healed()
    {
        (NetworkStream caller, NetworkStream node) = await ConnectAsync();
        _faults.Isolate(Node);

        await caller.WriteAsync(new byte[] { 1 });
        await node.WriteAsync(new byte[] { 2 });
        Task<int> atNode = ReadByteAsync(node), atCaller = ReadByteAsync(caller);
        await Task.Delay(s_silence);
        Assert.False(atNode.IsCompleted || atCaller.IsCompleted);
        _faults.Heal(Node);

        Assert.Equal(1, await atNode);
        Assert.Equal(2, await atCaller);
    }

    [Fact]
    public async Task A_partition_of_the_caller_stops_it_as_well()
    {
        _caller = "gateway-1";
        (NetworkStream caller, NetworkStream node) = await ConnectAsync();
        _faults.Isolate("gateway-1");

        await caller.WriteAsync(new byte[] { 1 });
        Task<int> atNode = ReadByteAsync(node);
        await Task.Delay(s_silence);
        Assert.False(atNode.IsCompleted);
        _faults.Heal("gateway-1");

        Assert.Equal(1, await atNode);
    }

    [Fact]
    public async Task A_partition_of_others_stops_nothing()
    {
        _caller = "gateway-1";
        (NetworkStream caller, NetworkStream node) = await ConnectAsync();
        _faults.Isolate("worker-2");

        await caller.WriteAsync(new byte[] { 1 });

        Assert.Equal(1, await ReadByteAsync(node));
    }

    [Fact]
    public async Task New_connections_hang_in_a_partition_and_arrive_when_it_is_healed()
    {
        _faults.Isolate(Node);

        Task<(NetworkStream Caller, NetworkStream Node)> connecting = ConnectAsync();
        await Task.Delay(s_silence);
        Assert.False(connecting.IsCompleted);
        _faults.Heal(Node);

        (NetworkStream caller, NetworkStream node) = await connecting;
        await caller.WriteAsync(new byte[] { 3 });
        Assert.Equal(3, await ReadByteAsync(node));
    }

    [Fact]
    public async Task A_cut_resets_open_connections_and_new_ones_are_welcome()
    {
        (NetworkStream caller, NetworkStream node) = await ConnectAsync();

        _proxy.Cut();

        await Assert.ThrowsAsync<IOException>(() => ReadByteAsync(caller));
        await Assert.ThrowsAsync<IOException>(() => ReadByteAsync(node));
        (NetworkStream again, NetworkStream there) = await ConnectAsync();
        await again.WriteAsync(new byte[] { 4 });
        Assert.Equal(4, await ReadByteAsync(there));
    }

    [Fact]
    public async Task A_caller_of_a_node_that_is_not_there_is_reset()
    {
        _node.Stop();
        using var client = new TcpClient();

        await client.ConnectAsync(_proxy.Address);

        await Assert.ThrowsAsync<IOException>(() => ReadByteAsync(client.GetStream()));
    }

    [Fact]
    public async Task Nothing_is_left_of_connections_that_have_ended()
    {
        for (int i = 0; i < 50; i++)
        {
            (NetworkStream caller, NetworkStream node) = await ConnectAsync();
            Assert.InRange(_proxy.Connections, 1, 50);
            (i % 2 == 0 ? caller : node).Socket.Close(i % 4 < 2 ? 0 : -1);
            await Task.Yield();
            (i % 2 == 0 ? node : caller).Socket.Close();
        }

        using var limit = new CancellationTokenSource(s_patience);
        while (_proxy.Connections > 0)
            await Task.Delay(10, limit.Token);
    }

    [SkippableFact]
    public async Task The_process_at_the_other_end_of_a_connection_is_found()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux has /proc");
        (NetworkStream caller, NetworkStream _) = await ConnectAsync();
        var (near, far) = ((IPEndPoint)caller.Socket.LocalEndPoint!, (IPEndPoint)caller.Socket.RemoteEndPoint!);

        Assert.Equal(Environment.ProcessId, SocketOwner.Find(near, far, [1, Environment.ProcessId]));
        Assert.Null(SocketOwner.Find(near, new IPEndPoint(far.Address, 1), [Environment.ProcessId]));
    }

    private async Task<(NetworkStream Caller, NetworkStream Node)> ConnectAsync()
    {
        var caller = new TcpClient();
        _opened.Add(caller);
        await caller.ConnectAsync(_proxy.Address).WaitAsync(s_patience);
        TcpClient node = await _node.AcceptTcpClientAsync().WaitAsync(s_patience);
        _opened.Add(node);
        return (caller.GetStream(), node.GetStream());
    }

    private static async Task<int> ReadByteAsync(NetworkStream stream)
    {
        byte[] one = new byte[1];
        await stream.ReadExactlyAsync(one).AsTask().WaitAsync(s_patience);
        return one[0];
    }
}
