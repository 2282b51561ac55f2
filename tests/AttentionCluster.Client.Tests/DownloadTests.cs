using System.Security.Cryptography;
using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.Core;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Client.Tests;

public sealed class DownloadTests : IAsyncLifetime, IDisposable
{
    private const string Result = "GET /v1/jobs/*/result";

    private readonly TemporaryFolder _folder = new();
    private FakeServer _server = null!;
    private FakeJob _job = null!;

    /// <summary>Not zeros: a piece in the wrong place would not show.</summary>
    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(1 << 20);

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _server.Jobs.Making = job => job with { Result = _bytes };
        using AttentionClient client = _server.Client();
        _job = _server.Jobs.Find(await client.SubmitAsync(ClientUnderTest.Tensors()))!;
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_cut_download_goes_on_where_it_stopped()
    {
        List<string> ranges = [];
        void Cut(int from, int to) => _server.Next(Result, context =>
        {
            ranges.Add(context.Request.Headers.Range.ToString());
            string head = $"ETag: {_job.ETag}\r\nContent-Range: bytes {from}-{_bytes.Length - 1}/{_bytes.Length}";
            return Faults.CutAnswerAfter(_bytes[from..to], head, _bytes.Length - from, from == 0 ? 200 : 206)(context);
        });
        Cut(0, 300_000);
        Cut(300_000, 700_000);
        using AttentionClient client = _server.Client(retriesMax: 1);

        Assert.Equal(_bytes.Length, await client.DownloadResultAsync(_job.Id, _folder.File("out")));

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(_folder.File("out")));
        Assert.Equal(["", "bytes=300000-"], ranges);
        Assert.Equal(3, _server.Count(Result));
    }

    [Fact]
    public async Task A_result_that_changes_on_the_way_is_begun_anew()
    {
        byte[] old = RandomNumberGenerator.GetBytes(_bytes.Length + 5);
        _server.Next(Result, Faults.CutAnswerAfter(old[..500_000], $"ETag: {ETag(old)}", old.Length));
        using AttentionClient client = _server.Client();

        await client.DownloadResultAsync(_job.Id, _folder.File("out"));

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(_folder.File("out")));
    }

    [Fact]
    public async Task A_result_that_changes_on_the_way_into_a_pipe_is_an_error()
    {
        byte[] old = RandomNumberGenerator.GetBytes(_bytes.Length);
        _server.Next(Result, Faults.CutAnswerAfter(old[..500_000], $"ETag: {ETag(old)}", old.Length));
        using AttentionClient client = _server.Client();
        using var pipe = new Pipe();

        AttentionClientException problem =
            await Assert.ThrowsAsync<AttentionClientException>(() => client.DownloadResultAsync(_job.Id, pipe));

        Assert.Equal(ErrorCode.ResultChanged, problem.KnownCode);
    }

    [Fact]
    public async Task Damaged_bytes_are_found_and_no_file_is_left()
    {
        byte[] damaged = [.. _bytes];
        damaged[12345] ^= 1;
        _server.Next(Result, Answer(damaged, _job.ETag));
        using AttentionClient client = _server.Client();

        AttentionClientException problem = await Assert.ThrowsAsync<AttentionClientException>(
            () => client.DownloadResultAsync(_job.Id, _folder.File("out")));

        Assert.Equal(ErrorCode.ResultDamaged, problem.KnownCode);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("\"1\"")]
    [InlineData("W/\"0000000000000000000000000000000000000000000000000000000000000000\"")]
    public async Task A_result_that_cannot_be_checked_is_refused(string? etag)
    {
        _server.Next(Result, Answer(_bytes, etag));
        using AttentionClient client = _server.Client();

        AttentionClientException problem = await Assert.ThrowsAsync<AttentionClientException>(
            () => client.DownloadResultAsync(_job.Id, _folder.File("out")));

        Assert.Equal(ErrorCode.MalformedAnswer, problem.KnownCode);
    }

    [Fact]
    public async Task A_download_that_never_gets_on_ends()
    {
        for (int i = 0; i < 9; i++)
            _server.Next(Result, Faults.CutAnswerAfter([], $"ETag: {_job.ETag}", _bytes.Length));
        using AttentionClient client = _server.Client(retriesMax: 2);

        AttentionClientException problem = await Assert.ThrowsAsync<AttentionClientException>(
            () => client.DownloadResultAsync(_job.Id, _folder.File("out")));

        Assert.Equal(ErrorCode.ConnectionLost, problem.KnownCode);
        Assert.Equal(3, _server.Count(Result));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public async Task A_silent_download_goes_on()
    {
        _server.Next(Result, async context =>
        {
            context.Response.Headers.ETag = _job.ETag;
            context.Response.ContentLength = _bytes.Length;
            await context.Response.Body.WriteAsync(_bytes.AsMemory(0, 1000));
            await context.Response.Body.FlushAsync();
            await Faults.Silence(context);
        });
        using AttentionClient client = _server.Client(silenceSeconds: 1);

        await client.DownloadResultAsync(_job.Id, _folder.File("out"));

        Assert.Equal(_bytes, await File.ReadAllBytesAsync(_folder.File("out")));
    }

    [Fact]
    public async Task An_old_file_stays_until_the_new_one_is_whole()
    {
        await File.WriteAllTextAsync(_folder.File("out"), "old");
        _server.Next(Result, Answer(_bytes, ETag([1])));
        using AttentionClient client = _server.Client();

        await Assert.ThrowsAsync<AttentionClientException>(() => client.DownloadResultAsync(_job.Id, _folder.File("out")));
        Assert.Equal("old", await File.ReadAllTextAsync(_folder.File("out")));

        await client.DownloadResultAsync(_job.Id, _folder.File("out"));
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(_folder.File("out")));
    }

    [Fact]
    public async Task A_small_job_without_its_report_is_an_error()
    {
        _server.Next("POST /v1/attention", Answer(_bytes, null));
        using AttentionClient client = _server.Client();

        AttentionClientException problem = await Assert.ThrowsAsync<AttentionClientException>(
            () => client.AttendAsync(ClientUnderTest.Tensors(), Stream.Null));

        Assert.Equal(ErrorCode.MalformedAnswer, problem.KnownCode);
    }

    private static RequestDelegate Answer(byte[] body, string? etag) => async context =>
    {
        context.Response.Headers.ETag = etag;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    };

    private static string ETag(byte[] bytes) => $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\"";

    private sealed class Pipe : MemoryStream
    {
        public override bool CanSeek => false;
    }
}
