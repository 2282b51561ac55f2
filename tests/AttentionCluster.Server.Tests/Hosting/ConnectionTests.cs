using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using AttentionCluster.Cluster.Store;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>Clients that hold as many connections as they get: a node goes on to tell its health, and to answer others.</summary>
public sealed class ConnectionTests
{
    private static readonly IPAddress s_otherAddress = IPAddress.Parse("127.0.0.2");

    /// <summary>A safetensors header of Q, K and V that are 60 MB, which do not come.</summary>
    private static readonly byte[] s_promise = Promise(80_000);

    [Fact]
    public async Task Idle_connections_beyond_the_limit_keep_nobody_out()
    {
        await using Node node = await Node.StartAsync();
        List<TcpClient> idle = await OpenAsync(node, 600, "");
        idle.AddRange(await OpenAsync(node, 600, "GET /healthz/live HTTP/1.1\r\nHost: loc"));

        foreach (IPAddress address in (IPAddress[])[IPAddress.Loopback, s_otherAddress])
        {
            Assert.Equal((200, null), await GetAsync(node, "/healthz/live", address));
            Assert.Equal((200, null), await GetAsync(node, "/healthz/ready", address));
            Assert.Equal((200, null), await GetAsync(node, "/v1/cluster", address));
        }

        idle.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Silent_uploads_count_as_idle()
    {
        await using Node node = await Node.StartAsync();
        List<TcpClient> silent = await OpenAsync(
            node, 600, "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-safetensors\r\nContent-Length: "
                + "1000000\r\n\r\n");

        Assert.Equal((200, null), await GetAsync(node, "/healthz/live", IPAddress.Loopback));
        Assert.Equal((200, null), await GetAsync(node, "/v1/cluster", IPAddress.Loopback));
        Assert.Equal((200, null), await GetAsync(node, "/v1/cluster", s_otherAddress));
        silent.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Where_all_are_busy_health_is_told_and_one_address_leaves_some_to_others()
    {
        await using Node node = await Node.StartAsync(options => options with { Http = options.Http with { ConnectionsMax = 8 } });
        const string head = "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-safetensors\r\nTransfer-Encoding: "
            + "chunked\r\n\r\n";
        List<TcpClient> busy = await OpenAsync(node, 6, $"{head}{s_promise.Length:x}\r\n{Encoding.Latin1.GetString(s_promise)}\r\n");
        string jobs = Path.Combine(node.Serving.Services.GetRequiredService<TensorStore>().Directory, "jobs");
        await UntilAsync(() => Task.FromResult(Directory.GetFiles(jobs, "input.safetensors", SearchOption.AllDirectories).Length == 6));

        Assert.Equal((429, "too-many-connections"), await GetAsync(node, "/v1/cluster", IPAddress.Loopback));
        Assert.Equal((200, null), await GetAsync(node, "/healthz/live", IPAddress.Loopback));
        Assert.Equal((200, null), await GetAsync(node, "/v1/cluster", s_otherAddress));
        busy.AddRange(await OpenAsync(node, 100, ""));
        Assert.Equal((200, null), await GetAsync(node, "/healthz/ready", IPAddress.Loopback));

        busy.ForEach(client => client.Dispose());
        await UntilAsync(async () => (await GetAsync(node, "/v1/cluster", IPAddress.Loopback)).Status == 200);
    }

    private static byte[] Promise(int rows)
    {
        long bytes = 4L * 64 * rows;
        string tensors = string.Join(',', new[] { "q", "k", "v" }.Select((name, at) =>
            $"\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{rows},64],\"data_offsets\":[{at * bytes},{(at + 1) * bytes}]}}"));
        byte[] header = Encoding.ASCII.GetBytes($"{{{tensors}}}");
        return [.. BitConverter.GetBytes((long)header.Length), .. header];
    }

    private static async Task<List<TcpClient>> OpenAsync(Node node, int count, string sent)
    {
        var clients = new List<TcpClient>();
        for (int i = 0; i < count; i++)
        {
            var client = new TcpClient(new IPEndPoint(IPAddress.Loopback, 0));
            clients.Add(client);
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, node.Http.BaseAddress!.Port).InTime();
                await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(sent)).AsTask().InTime();
            }
            catch (Exception closed) when (closed is IOException or SocketException)
            {
                // The node may close it at any time.
            }
        }

        return clients;
    }

    /// <summary>Asks over a connection of its own.</summary>
    private static async Task<(int Status, string? Code)> GetAsync(Node node, string path, IPAddress from)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(from, 0));
                await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using HttpResponseMessage answer = await http.GetAsync(new Uri(node.Http.BaseAddress!, path)).InTime();
        if (answer.IsSuccessStatusCode)
            return ((int)answer.StatusCode, null);
        if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            Assert.NotNull(answer.Headers.RetryAfter);
        return ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
            await timer.WaitForNextTickAsync(limit.Token);
    }
}
