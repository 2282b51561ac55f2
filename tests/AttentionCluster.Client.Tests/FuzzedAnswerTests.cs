using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Tests.Fuzzing;

namespace AttentionCluster.Client.Tests;

/// <summary>Whatever a server answers, the client gives a value or its own exception.</summary>
[Collection(FuzzCollection.Name)]
public sealed class FuzzedAnswerTests
{
    private const long AllocatedBytesMax = 256 << 10;

    private const string Report = """{"id":"a","state":"succeeded","seconds":{"queued":0,"load":1,"compute":2,"merge":3,"total":6},"flops":1e9,"gflops":"NaN","ideal_fraction":0.5,"tiles_computed":1,"tiles_skipped":0,"tasks":3,"retries":0,"bytes_moved":9,"workers":["w"],"threads":2,"kernel":"avx2","keys_per_segment":16384,"rows_per_block":1024,"output_sha256":"00","verify":{"rows":1,"max_abs_error":0,"max_rel_error":0,"bound":1e-6,"ok":true},"warnings":["w"]}""";

    private static readonly string s_job = $$$"""{"id":"a","state":"succeeded","position":null,"progress":{"tasks_done":1,"tasks_total":3,"flops_done":1,"flops_total":2},"created":"2026-01-01T00:00:00+00:00","report":{{{Report}}},"error":{"code":"c","message":"m"}}""";

    private static readonly AttentionClientOptions s_options =
        new() { Server = new Uri("http://server"), RetriesMax = 0, RetryDelay = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public void Damaged_jobs_are_read_or_refused() =>
        Fuzz(800, [s_job], "application/json", HttpStatusCode.OK, client => client.GetJobAsync("a"));

    [Fact]
    public void Damaged_lists_of_jobs_are_read_or_refused() =>
        Fuzz(500, [$$"""{"jobs":[{{s_job}},{{s_job}}]}"""], "application/json", HttpStatusCode.OK, client => client.ListJobsAsync());

    [Fact]
    public void Damaged_states_of_the_cluster_are_read_or_refused() => Fuzz(
        500, ["""{"address":"a:1","is_up":true,"nodes":[{"address":"a:1","roles":["gateway","worker"],"state":"up","worker":{"name":"w","threads":2,"segment_bytes_max":1,"segment_bytes":0,"gflops":null}}]}"""],
        "application/json", HttpStatusCode.OK, client => client.GetClusterAsync());

    [Fact]
    public void Damaged_problems_are_told_as_far_as_they_can_be_read() => Fuzz(
        700, ["""{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no job 'a'","code":"no-such-job"}"""],
        "application/problem+json", HttpStatusCode.NotFound, client => client.GetJobAsync("a"));

    [Fact]
    public void Damaged_events_are_read_or_refused() => Fuzz(
        700, [$"event: state\ndata: {s_job}\n\nid: 1\nretry: 10\n: comment\nevent: progress\ndata: {s_job}\n\n"], "text/event-stream",
            HttpStatusCode.OK,
        async client =>
        {
            // After the first stream the server has nothing more to tell.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await foreach (JobDocument job in client.WatchAsync("a", limit.Token))
                Assert.NotNull(job);
        });

    [Fact]
    public async Task An_answer_without_an_end_is_refused_at_a_limit()
    {
        using var http = new HttpClient(new Answering(() => new StreamContent(new Endless()), "application/json", HttpStatusCode.OK));
        using var client = new AttentionClient(http, s_options);

        AttentionClientException refusal =
            await Assert.ThrowsAsync<AttentionClientException>(() => client.GetJobAsync("a")).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(ErrorCode.MalformedAnswer, refusal.KnownCode);
    }

    private static void Fuzz(int cases, string[] sound, string mediaType, HttpStatusCode status, Func<AttentionClient, Task> call) =>
        FuzzLoop.Run(
        cases, random => new Mutator(random).Damage([.. sound.Select(Encoding.UTF8.GetBytes)]),
        bytes =>
        {
            using var http = new HttpClient(new Answering(() => new ByteArrayContent(bytes), mediaType, status));
            using var client = new AttentionClient(http, s_options);
            call(client).GetAwaiter().GetResult();
        },
        problem => problem is AttentionClientException, AllocatedBytesMax);

    /// <summary>Gives the first stream of events, or every other call, its answer.</summary>
    private sealed class Answering(Func<HttpContent> content, string mediaType, HttpStatusCode status) : HttpMessageHandler
    {
        private int _streams;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            bool isEvents = mediaType == "text/event-stream";
            bool isStream = request.RequestUri!.AbsolutePath.EndsWith("/events", StringComparison.Ordinal);
            bool isLast = isEvents && !isStream && _streams++ > 0;
            HttpContent body = isEvents && !isStream
                ? new StringContent(isLast ? s_job
                : s_job.Replace("\"state\":\"succeeded\"", "\"state\":\"running\"", StringComparison.Ordinal)) : content();
            body.Headers.ContentType = new MediaTypeHeaderValue(isEvents && !isStream ? "application/json" : mediaType);
            return Task.FromResult(new HttpResponseMessage(status) { Content = body, RequestMessage = request });
        }
    }

    /// <summary>Spaces, which JSON may begin with, for ever.</summary>
    private sealed class Endless : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)' ');
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
