using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Client.Tests;

public sealed class SubmitTests : IAsyncLifetime
{
    private const string Post = "POST /v1/jobs";

    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Every_option_reaches_the_server_and_defaults_are_left_to_it()
    {
        using AttentionClient client = _server.Client();

        await client.SubmitAsync(ClientUnderTest.Tensors());
        await client.SubmitAsync(ClientUnderTest.Tensors(), new AttentionOptions
        {
            Causal = true,
            Align = CausalAlignment.TopLeft,
            Offset = -3,
            Window = (128, -1),
            Scale = 1e+20,
            VerifyRows = 8,
            KeysPerSegment = 512,
            RowsPerBlock = 64,
            Kernel = KernelChoice.Avx2,
            WithLse = false,
        });

        Assert.Equal("", _server.Jobs.All[0].Query);
        Assert.Equal(
            "?causal=true&align=top-left&offset=-3&window=128,-1&scale=1E%2B20&no_lse=true&verify=8&kernel=avx2&keys_per_segment=512&rows_per_block=64",
            _server.Jobs.All[1].Query);
    }

    [Fact]
    public async Task All_sources_of_a_tensor_send_the_same_bytes()
    {
        // Pieces of a megabyte end in the middle of rows, and of heads.
        var shape = new TensorShape(2, 3, 1000, 77);
        float[] numbers = new float[shape.ElementCount];
        StandardNormal.Fill(1, "q", shape, 0, numbers);
        using AttentionClient client = _server.Client();
        using var folder = new TemporaryFolder();
        byte[] expected = await SendAsync(client, TensorInput.Random("q", shape, 1));

        Assert.Equal(expected, await SendAsync(client, TensorInput.FromMemory("q", numbers, 2, 3, 1000, 77)));
        Assert.Equal(expected,
            await SendAsync(client, TensorInput.FromRows("q", shape, (batch, head) => new Rows(numbers, shape, batch, head))));
        await File.WriteAllBytesAsync(folder.File("in.safetensors"), expected);
        using (TensorFile file = TensorFile.Open(folder.File("in.safetensors")))
        {
            Assert.Equal(expected, await SendAsync(client, TensorInput.FromFile("q", file, file.Require("q"))));
            float[] read = new float[numbers.Length];
            file.Read(file.Require("q"), 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes(read.AsSpan()));
            Assert.Equal(numbers, read);
        }
    }

    [Fact]
    public async Task A_tensor_is_read_while_it_is_sent()
    {
        const long terabyte = 1L << 40;
        _server.Next(Post, Faults.CutRequestAfter(8 << 20));
        using AttentionClient client = _server.Client(retriesMax: 0);
        long read = 0, sent = 0;
        var zeros = new TensorInput("q", ElementType.Float32, [terabyte / 512, 128], (_, destination) => read += destination.Length);

        await Assert.ThrowsAsync<AttentionClientException>(() => client.SubmitAsync([zeros], sent: new Told(bytes => sent = bytes)));

        Assert.InRange(read, 8 << 20, 256 << 20);
        Assert.InRange(sent, read - (2 << 20), read + 4096);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_busy_server_is_asked_again_when_it_says(int status)
    {
        _server.Next(Post, Faults.Problem(status, "busy", "the queue is full", retryAfterSeconds: 1));
        using AttentionClient client = _server.Client();
        var clock = Stopwatch.StartNew();

        string id = await client.SubmitAsync(ClientUnderTest.Tensors());

        Assert.Equal("job-001", id);
        Assert.Equal(2, _server.Count(Post));
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(0.9), $"asked again after {clock.Elapsed}");
    }

    [Fact]
    public async Task A_server_that_asks_for_a_long_pause_is_not_waited_for()
    {
        _server.Next(Post, Faults.Problem(503, "draining", "this node is leaving", retryAfterSeconds: 3600));
        using AttentionClient client = _server.Client();

        AttentionClientException problem =
            await Assert.ThrowsAsync<AttentionClientException>(() => client.SubmitAsync(ClientUnderTest.Tensors()));

        Assert.Equal(("draining", "this node is leaving", HttpStatusCode.ServiceUnavailable),
            (problem.Code, problem.Detail, problem.Status));
        Assert.Null(problem.KnownCode);
        Assert.Equal(TimeSpan.FromHours(1), problem.RetryAfter);
        Assert.Equal(1, _server.Count(Post));
    }

    [Fact]
    public async Task Retries_are_bounded()
    {
        for (int i = 0; i < 9; i++)
            _server.Next(Post, Faults.Problem(503, "busy", "the queue is full"));
        using AttentionClient client = _server.Client(retriesMax: 2);

        await Assert.ThrowsAsync<AttentionClientException>(() => client.SubmitAsync(ClientUnderTest.Tensors()));

        Assert.Equal(3, _server.Count(Post));
    }

    [Fact]
    public async Task A_cut_upload_is_sent_again_whole()
    {
        TensorInput[] tensors = ClientUnderTest.Tensors(rows: 20_000, width: 32);
        _server.Next(Post, Faults.CutRequestAfter(3 << 20));
        using AttentionClient client = _server.Client();

        await client.SubmitAsync(tensors);
        await client.SubmitAsync(tensors);

        Assert.Equal(3, _server.Count(Post));
        Assert.Equal(Hash(_server.Jobs.All[1].Upload), Hash(_server.Jobs.All[0].Upload));
    }

    [Fact]
    public async Task A_lost_answer_makes_no_second_job()
    {
        _server.Next(Post, async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _server.Jobs.Accept(context.Request.Headers["Idempotency-Key"].ToString(), "", body.ToArray());
            context.Abort();
        });
        using AttentionClient client = _server.Client();

        string id = await client.SubmitAsync(ClientUnderTest.Tensors());

        Assert.Equal([id], _server.Jobs.All.Select(job => job.Id));
    }

    [Fact]
    public async Task A_key_that_the_server_still_holds_is_tried_again()
    {
        _server.Next(Post, Faults.Problem(409, "idempotency-key-in-use", "a request with this key is being received"));
        using AttentionClient client = _server.Client();

        Assert.Equal("job-001", await client.SubmitAsync(ClientUnderTest.Tensors()));
    }

    [Fact]
    public async Task A_refusal_comes_before_the_tensors_are_sent()
    {
        _server.Next(Post, Faults.Problem(400, "option-out-of-range", "window is -2"));
        using AttentionClient client = _server.Client();
        bool read = false;
        var tensor = new TensorInput("q", ElementType.Float32, [1 << 20, 64], (_, _) => read = true);

        AttentionClientException problem = await Assert.ThrowsAsync<AttentionClientException>(() => client.SubmitAsync([tensor]));

        Assert.Equal(("option-out-of-range", "window is -2", HttpStatusCode.BadRequest), (problem.Code, problem.Detail, problem.Status));
        Assert.False(read);
        Assert.Equal(1, _server.Count(Post));
    }

    [Fact]
    public async Task An_upload_may_take_longer_than_silence()
    {
        using AttentionClient client = _server.Client(silenceSeconds: 2, retriesMax: 0);
        var slow = new TensorInput("q", ElementType.Float32, [4, 1 << 18], (_, _) => Thread.Sleep(200));

        await client.SubmitAsync([slow, slow with { Name = "k" }, slow with { Name = "v" }]);

        Assert.Single(_server.Jobs.All);
    }

    [Fact]
    public async Task A_silent_server_is_given_up_and_tried_again()
    {
        _server.Next(Post, Faults.Silence);
        using AttentionClient client = _server.Client(silenceSeconds: 1);

        await client.SubmitAsync(ClientUnderTest.Tensors());

        Assert.Equal(2, _server.Count(Post));
    }

    [Fact]
    public async Task A_tensor_that_cannot_be_read_is_not_tried_again()
    {
        using AttentionClient client = _server.Client();
        int reads = 0;
        var broken = new TensorInput("q", ElementType.Float32, [2, 2], (_, _) =>
        {
            reads++;
            throw new IOException("the disk is gone");
        });

        IOException problem = await Assert.ThrowsAsync<IOException>(() => client.SubmitAsync([broken]));

        Assert.Equal("the disk is gone", problem.Message);
        Assert.Equal(1, reads);
    }

    [Fact]
    public async Task A_token_is_shown_and_its_absence_is_a_refusal()
    {
        await using FakeServer guarded = await FakeServer.StartAsync("secret");
        using AttentionClient knowing = guarded.Client();
        using var unknowing = new AttentionClient(guarded.Address);

        Assert.Empty(await knowing.ListJobsAsync());
        AttentionClientException problem =
            await Assert.ThrowsAsync<AttentionClientException>(() => unknowing.SubmitAsync(ClientUnderTest.Tensors()));

        Assert.Equal(("unauthorized", HttpStatusCode.Unauthorized), (problem.Code, problem.Status));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unreachable()
    {
        using var client = new AttentionClient(new AttentionClientOptions { Server = new Uri("http://127.0.0.1:9"), RetriesMax = 0 });

        AttentionClientException problem =
            await Assert.ThrowsAsync<AttentionClientException>(() => client.SubmitAsync(ClientUnderTest.Tensors()));

        Assert.Equal(ErrorCode.Unreachable, problem.KnownCode);
        Assert.Null(problem.Status);
    }

    [Fact]
    public async Task An_upload_can_be_cancelled()
    {
        _server.Next(Post, Faults.Silence);
        using AttentionClient client = _server.Client();
        using var cancel = new CancellationTokenSource();
        TensorInput tensor = ClientUnderTest.Tensors()[0];
        var cancelling = tensor with { Read = (_, _) => cancel.Cancel() };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SubmitAsync([cancelling], cancellationToken: cancel.Token));
    }

    private async Task<byte[]> SendAsync(AttentionClient client, TensorInput query)
    {
        _server.Next(Post, async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _uploaded = body.ToArray();
            await context.Response.Body.WriteAsync("{\"id\":\"x\"}"u8.ToArray());
        });
        Assert.Equal("x", await client.SubmitAsync([query]));
        return _uploaded;
    }

    private byte[] _uploaded = [];

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed class Told(Action<long> tell) : IProgress<long>
    {
        public void Report(long value) => tell(value);
    }

    private sealed class Rows(float[] numbers, TensorShape shape, int batch, int head) : IRows
    {
        public ReadOnlySpan<float> Row(int index) => numbers.AsSpan((int)shape.RowOffset(batch, head, index), shape.Width);
    }
}
