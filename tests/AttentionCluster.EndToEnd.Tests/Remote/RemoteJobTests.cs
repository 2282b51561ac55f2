using System.Diagnostics;
using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;
using AttentionCluster.EndToEnd.Tests.Running;
using Safetensors = AttentionCluster.EndToEnd.Tests.Running.Safetensors;

namespace AttentionCluster.EndToEnd.Tests.Remote;

public sealed class RemoteJobTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync("secret");

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Random_tensors_are_made_here_and_the_result_comes_back()
    {
        AttnResult result = Attend("--random", "1,4:2,50:60,8:6", "--seed", "7", "--causal", "--json", "-o", "out.safetensors").Expect(0);

        FakeJob job = Assert.Single(_server.Jobs.All);
        Assert.Equal("?causal=true", job.Query);
        _folder.Write("sent.safetensors", job.Upload);
        using (TensorFile sent = TensorFile.Open(_folder.File("sent.safetensors")))
        {
            AssertNormal(sent, "q", new TensorShape(1, 4, 50, 8));
            AssertNormal(sent, "k", new TensorShape(1, 2, 60, 8));
            AssertNormal(sent, "v", new TensorShape(1, 2, 60, 6));
        }

        Assert.Single(result.Output.TrimEnd('\n').Split('\n'));
        Assert.Equal(job.Id, result.Json.GetProperty("id").GetString());
        Assert.Equal(job.Result, File.ReadAllBytes(_folder.File("out.safetensors")));
        Assert.Empty(_folder.Leftovers());
    }

    [Fact]
    public void Files_are_sent_as_they_are_and_o_alone_can_be_kept()
    {
        byte[] input = Safetensors.Zeros(("q", "F16", 2, [3, 8]), ("k", "BF16", 2, [5, 8]), ("v", "F32", 4, [5, 2]));
        (long start, long end) = Safetensors.Locate(input, "q");
        input.AsSpan((int)start, (int)(end - start)).Fill(0x3c);
        _folder.Write("in.safetensors", input);

        AttnResult result = Attend("--input", "in.safetensors", "--window", "2,0", "--no-lse", "-o", "out.npy").Expect(0);

        FakeJob job = Assert.Single(_server.Jobs.All);
        Assert.Equal("?window=2,0&no_lse=true", job.Query);
        (long sentStart, long sentEnd) = Safetensors.Locate(job.Upload, "q");
        Assert.Equal(input[(int)start..(int)end], job.Upload[(int)sentStart..(int)sentEnd]);
        Assert.Contains("state          succeeded", result.Output, StringComparison.Ordinal);
        Assert.Contains("written", result.Output, StringComparison.Ordinal);
        Assert.EndsWith(new string('\0', 3 * 2 * sizeof(float)), File.ReadAllText(_folder.File("out.npy")), StringComparison.Ordinal);
        Assert.Empty(_folder.Leftovers());
    }

    [Fact]
    public void Server_and_token_may_come_from_the_environment()
    {
        (string, string)[] environment = [("ATTN_SERVER", $"{_server.Address}"), ("ATTN_TOKEN", "secret")];

        AttnResult result = Attn.Run(_folder, environment, "attend", "--random", "1,1,10,8", "--quiet").Expect(0);

        Assert.Single(_server.Jobs.All);
        Assert.Empty(result.Output);
        Assert.Empty(result.Error);
        Assert.Empty(_folder.Leftovers());
    }

    [Fact]
    public void Connections_that_break_on_the_way_leave_no_trace()
    {
        _server.Next("POST /v1/jobs", Faults.CutRequestAfter(200_000));
        _server.Next("GET /v1/jobs/*/events", Faults.CutAnswerAfter([], "Content-Type: text/event-stream", 100));
        _server.Jobs.Making = job =>
        {
            _server.Next("GET /v1/jobs/*/result", Faults.CutAnswerAfter(job.Result[..30_000], $"ETag: {job.ETag}", job.Result.Length));
            return job;
        };

        Attend("--random", "1,2,512,64", "-o", "out.safetensors").Expect(0);

        Assert.Equal(Assert.Single(_server.Jobs.All).Result, File.ReadAllBytes(_folder.File("out.safetensors")));
        Assert.Equal(2, _server.Count("POST /v1/jobs"));
        Assert.Equal(2, _server.Count("GET /v1/jobs/*/result"));
    }

    [SkippableFact]
    public void A_signal_cancels_the_job_on_the_server()
    {
        Signal.Require(Signal.Interrupt);
        _server.Jobs.Making = job => job with { Endless = true };
        using Process process = Attn.Start(_folder, [], [.. Command("--random", "1,1,10,8", "-o", "out.safetensors")]);

        Assert.True(SpinWait.SpinUntil(() => _server.Count("GET /v1/jobs/*/events") > 0, TimeSpan.FromSeconds(60)),
            "the job was not followed");
        Signal.Send(process, Signal.Interrupt);

        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)), "the process goes on");
        Assert.Equal(130, process.ExitCode);
        Assert.Equal("cancelled", Assert.Single(_server.Jobs.All).State);
        Assert.Contains("job-001 was cancelled on the server", process.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("out.safetensors")));
        Assert.Empty(_folder.Leftovers());
    }

    private AttnResult Attend(params string[] more) => Attn.Run(_folder, Command(more));

    private string[] Command(params string[] more) => ["attend", .. more, "--server", $"{_server.Address}", "--token", "secret"];

    private static void AssertNormal(TensorFile sent, string name, TensorShape shape)
    {
        float[] expected = new float[shape.ElementCount];
        StandardNormal.Fill(7, name, shape, 0, expected);
        float[] found = new float[expected.Length];
        sent.Read(sent.Require(name), 0, System.Runtime.InteropServices.MemoryMarshal.AsBytes(found.AsSpan()));
        Assert.Equal(shape.ToDimensions().Select(axis => (long)axis), sent.Require(name).Dimensions.AsEnumerable());
        Assert.Equal(expected, found);
    }
}
