using System.Net;
using System.Net.Sockets;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Senders that promise much and send little: they keep no place from others, and what they promise takes no room.</summary>
public sealed class SlowUploadTests
{
    private const int Senders = 64;

    private static readonly IPAddress s_otherAddress = IPAddress.Parse("127.0.0.2");
    private static readonly JobBody Body = JobBody.Of(new TensorShape(1, 1, 30, 8));

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(100)]
    public async Task Silent_senders_have_no_place(int bytesSent)
    {
        await using ApiNode node = await StartAsync(new JobsOptions { JobsQueuedMax = 4, CallsQueuedMax = 4 });
        var silent = new List<RawRequest>();
        for (int i = 0; i < Senders; i++)
        {
            silent.Add(await RawRequest.ConnectAsync(node));
            await silent[i].PostAsync(i % 2 == 0 ? "/v1/jobs" : "/v1/attention", $"Content-Length: {Body.Bytes.Length}");
            await silent[i].WriteAsync(Body.Bytes.AsMemory(0, bytesSent));
        }

        await node.Client.SubmitAsync(Body);
        using HttpContent content = Body.Content();
        using HttpResponseMessage call = await node.Client.PostAsync("/v1/attention", content).InTime();
        Assert.Equal(HttpStatusCode.OK, call.StatusCode);
        silent.ForEach(sender => sender.Dispose());
    }

    [Fact]
    public async Task Slow_senders_get_no_more_than_their_part_and_give_way_and_the_disk_has_what_has_come()
    {
        await using ApiNode node = await StartAsync(new JobsOptions());
        (byte[] header, long length) = Promise(rows: 80_000);
        var slow = new List<RawRequest>();
        using var stop = new CancellationTokenSource();
        for (int i = 0; i < Senders; i++)
        {
            slow.Add(await RawRequest.ConnectAsync(node));
            await slow[i].PostAsync("/v1/jobs", $"Content-Length: {length}");
            await slow[i].WriteAsync(header);
        }

        Task[] dripping = [.. slow.Select(sender => DripAsync(sender, stop.Token))];
        await Eventually.UntilAsync(() => Inputs(node).Length == Senders * 3 / 4);

        // Another address has places left, whatever these do.
        using (HttpClient other = ClientFrom(node, s_otherAddress))
            await other.SubmitAsync(Body);

        // So has this one, as soon as it is clear that they are slow.
        using var limit = new CancellationTokenSource(Patience.Limit);
        HttpStatusCode status;
        do
        {
            limit.Token.ThrowIfCancellationRequested();
            using HttpContent content = Body.Content();
            using HttpResponseMessage answer = await node.Client.PostAsync("/v1/jobs", content).InTime();
            status = answer.StatusCode;
            if (status != HttpStatusCode.Accepted)
                await answer.AssertProblemAsync(HttpStatusCode.TooManyRequests, "too-many-uploads");
        }
        while (status != HttpStatusCode.Accepted);

        Assert.InRange(ArrivedBytes(node), 0, 10 * length);
        await stop.CancelAsync();
        slow.ForEach(sender => sender.Dispose());
        await Task.WhenAll(dripping);
        await Eventually.UntilAsync(() => Directory.GetDirectories(node.JobsFolder).Length == 2);
    }

    [Fact]
    public async Task A_slow_sender_gives_way_to_a_new_one_when_the_queue_is_full_and_is_told()
    {
        await using ApiNode node = await StartAsync(new JobsOptions { JobsQueuedMax = 1 });
        (byte[] header, long length) = Promise(rows: 80_000);
        using RawRequest slow = await RawRequest.ConnectAsync(node);
        await slow.PostAsync("/v1/jobs", $"Content-Length: {length}\r\nConnection: close");
        await slow.WriteAsync(header);
        await Eventually.UntilAsync(() => node.JobFolders.Length == 1);

        string id = await node.SubmitWhenThereIsRoomAsync(Body);

        string answer = await slow.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"request-timeout\"", answer, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 5", answer, StringComparison.Ordinal);
        Assert.Equal([id], node.JobFolders);
        await node.SubmitWhenThereIsRoomAsync(Body);
    }

    [Fact]
    public async Task A_promise_removes_no_result_and_keeps_no_room()
    {
        JobBody large = JobBody.Of(new TensorShape(1, 1, 3000, 32));
        await using ApiNode node = await StartAsync(new JobsOptions { StoreBytesMax = 3_000_000 });
        string kept = await node.Client.SubmitAsync(large);
        await node.Client.EndOfAsync(kept);
        using RawRequest slow = await RawRequest.ConnectAsync(node);
        await slow.PostAsync("/v1/jobs", $"Content-Length: {large.Bytes.Length}");
        await slow.WriteAsync(large.Bytes.AsMemory(0, 1000));
        await Eventually.UntilAsync(() => node.JobFolders.Length == 2);

        await node.Client.SubmitAsync(large);

        Assert.Contains(kept, node.JobFolders);
    }

    [Fact]
    public async Task Of_two_bodies_that_do_not_fit_together_one_is_told_when_it_has_come_that_far()
    {
        JobBody body = JobBody.Of(new TensorShape(1, 1, 3000, 32));
        await using ApiNode node = await StartAsync(new JobsOptions { StoreBytesMax = 2_000_000 });
        RawRequest[] senders = [await RawRequest.ConnectAsync(node), await RawRequest.ConnectAsync(node)];
        foreach (RawRequest sender in senders)
        {
            await sender.PostAsync("/v1/jobs", $"Content-Length: {body.Bytes.Length}\r\nConnection: close");
            await sender.WriteAsync(body.Bytes.AsMemory(0, 1000));
        }

        await Eventually.UntilAsync(() => Inputs(node).Length == 2);
        foreach (RawRequest sender in senders)
            await sender.WriteAsync(body.Bytes.AsMemory(1000, 799_000));
        await Eventually.UntilAsync(() => Array.TrueForAll(Inputs(node), input => new FileInfo(input).Length > 500_000));
        int[] statuses = new int[2];
        await senders[0].WriteAsync(body.Bytes.AsMemory(800_000));
        statuses[0] = await senders[0].StatusAsync();
        await senders[1].WriteAsync(body.Bytes.AsMemory(800_000));
        statuses[1] = await senders[1].StatusAsync();

        Assert.Equal([202, 507], statuses.Order());
        Array.ForEach(senders, sender => sender.Dispose());
    }

    private static Task<ApiNode> StartAsync(JobsOptions options) =>
        ApiNode.StartAsync(options, new ScriptedAttention { EndsAtOnce = true });

    private static string[] Inputs(ApiNode node) =>
        [.. Directory.GetDirectories(node.JobsFolder).Select(folder => Path.Combine(folder, "input.safetensors")).Where(File.Exists)];

    private static long ArrivedBytes(ApiNode node) =>
        Inputs(node).Select(path => new FileInfo(path)).Sum(file => file.Exists ? file.Length : 0);

    /// <summary>The beginning of a body whose tensors never come.</summary>
    private static (byte[] Header, long Length) Promise(int rows)
    {
        SafetensorsLayout layout =
            SafetensorsHeader.Build([.. new[] { "q", "k", "v" }.Select(name => (name, ElementType.Float32, new long[] { rows, 64 }))]);
        return (layout.Header, layout.FileLength);
    }

    /// <summary>Faster than the slowest that is allowed.</summary>
    private static async Task DripAsync(RawRequest sender, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
                await sender.WriteAsync(new byte[10_000]);
        }
        catch (Exception ended)
            when (ended is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It has given way, or the test is over.
        }
    }

    private static HttpClient ClientFrom(ApiNode node, IPAddress address) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            await socket.ConnectAsync(node.Address.Host, node.Address.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = node.Address,
        Timeout = Patience.Limit,
    };
}
