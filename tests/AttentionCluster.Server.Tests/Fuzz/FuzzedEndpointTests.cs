using System.Collections.Concurrent;
using System.Net;
using System.Text;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Fuzzing;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Tests.Fuzz;

/// <summary>
/// Whatever arrives at the port: an answer that is no failure of the program, or none; and a node that then does its work as before, with
/// the memory and the files that it had.
/// </summary>
[Collection(FuzzCollection.Name)]
public sealed class FuzzedEndpointTests : IAsyncLifetime
{
    private const int JobsKeptMax = 8;
    private const int AtOnce = 8;

    /// <summary>Bodies promise what they like, and their room is taken: not that of other tests on the same disk.</summary>
    private const long StoreBytesMax = 256L << 20;

    /// <summary>
    /// What a heap may grow by that has seen thousands of requests; a leak of a request's buffers alone would be several times that.
    /// </summary>
    private const long GrowthBytesMax = 64L << 20;

    private static readonly JobBody s_body = JobBody.Of(new TensorShape(1, 2, 3, 4));

    private ApiNode _node = null!;
    private string _done = "";

    public async Task InitializeAsync()
    {
        _node = await ApiNode.StartAsync(new JobsOptions { JobsKeptMax = JobsKeptMax, StoreBytesMax = StoreBytesMax },
            new ScriptedAttention { EndsAtOnce = true });
        _done = await _node.Client.SubmitAsync(s_body);
        await _node.Client.EndOfAsync(_done);
    }

    public async Task DisposeAsync() => await ((IAsyncDisposable)_node).DisposeAsync();

    [Fact]
    public Task Damaged_requests_end_in_answers() => FuzzAsync(1_100, random => new Mutator(random).Damage(Requests()));

    [Fact]
    public Task Damaged_bodies_end_in_answers() => FuzzAsync(700, random =>
    {
        byte[] body = random.Next(50) == 0 ? PromisedShapes.Header(random) : new Mutator(random).Damage([s_body.Bytes]);
        string target = random.Next(3) == 0 ? "/v1/attention" : "/v1/jobs";
        return Post($"{target}?{(random.Next(2) == 0 ? "causal" : "keys_per_segment=1&rows_per_block=1")}",
            $"Content-Length: {body.Length}", body);
    });

    [Fact]
    public Task Bodies_that_lie_about_their_length_end_in_answers() => FuzzAsync(300, random =>
    {
        string[] lengths =
        [
            $"Content-Length: {s_body.Bytes.Length + random.Next(-50, 50)}", "Content-Length: -1", "Content-Length: 9223372036854775807",
                "Content-Length: 99999999999999999999",
            $"Content-Length: {s_body.Bytes.Length}\r\nContent-Length: 3",
                $"Content-Length: {s_body.Bytes.Length}\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: gzip", "", "Expect: 100-continue\r\nContent-Length: 5000",
                $"Transfer-Encoding: chunked\r\nX: {new string('x', random.Next(40_000))}",
        ];
        byte[] chunked = [.. Encoding.ASCII.GetBytes($"{(random.Next(2) == 0 ? s_body.Bytes.Length : random.NextInt64()):x}\r\n"),
            .. s_body.Bytes, .. "\r\n0\r\n\r\n"u8];
        return Post(random.Next(2) == 0 ? "/v1/jobs" : "/v1/attention", lengths[random.Next(lengths.Length)], random.Next(2) == 0 ? chunked
            : s_body.Bytes);
    });

    private async Task FuzzAsync(int cases, Func<Random, byte[]> make)
    {
        var port = new IPEndPoint(IPAddress.Loopback, _node.Address.Port);
        await SendAllAsync(0, cases / 4);
        long before = RawExchange.AnonymousBytes();
        await SendAllAsync(cases / 4, cases);

        Assert.InRange(RawExchange.AnonymousBytes() - before, long.MinValue, GrowthBytesMax);
        string id = await _node.SubmitWhenThereIsRoomAsync(s_body);
        Assert.Equal("succeeded", (await _node.Client.EndOfAsync(id)).GetProperty("state").GetString());
        JobBoard board = _node.Services.GetRequiredService<JobBoard>();
        await Eventually.UntilAsync(() => board.List().Count is var listed && listed <= JobsKeptMax && _node.JobFolders.Length == listed);

        async Task SendAllAsync(int from, int to)
        {
            var failures = new ConcurrentQueue<string>();
            await Parallel.ForEachAsync(
                Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, _) =>
                {
                    byte[] request = make(FuzzLoop.RandomOf(number));
                    string answer = "a timeout";
                    bool isGood = false;
                    try
                    {
                        answer = await RawExchange.SendAsync(port, request);
                        isGood = (answer.Length == 0 || answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
                            && !answer.Contains("HTTP/1.1 500", StringComparison.Ordinal);
                    }
                    catch (TimeoutException)
                    {
                        // Told below.
                    }

                    if (!isGood)
                        failures.Enqueue($"case {number} of seed {FuzzLoop.Seed}: "
                            + $"{Convert.ToBase64String(request[..Math.Min(1_500, request.Length)])} was answered with {answer}");
                });
            Assert.Empty(failures);
        }
    }

    private byte[][] Requests()
    {
        byte[] chunked = [.. Encoding.ASCII.GetBytes($"{s_body.Bytes.Length:x}\r\n"), .. s_body.Bytes, .. "\r\n0\r\n\r\n"u8];
        return
        [
            Request("GET", "/v1/jobs"),
            Request("GET", $"/v1/jobs/{_done}"),
            Request("GET", $"/v1/jobs/{_done}/events"),
            Request("GET", $"/v1/jobs/{_done}/result", "Range: bytes=0-9, 20-29", "If-Range: \"abc\""),
            Request("GET", $"/v1/jobs/{_done}/result", "Range: bytes=-10", $"If-None-Match: \"{new string('0', 64)}\", W/\"a\""),
            Request("HEAD", $"/v1/jobs/{_done}/result", "If-Modified-Since: Tue, 15 Nov 1994 08:12:31 GMT"),
            Request("DELETE", "/v1/jobs/0123456789abcdef"),
            Request("GET", "/openapi/v1.json", "Accept: */*", "Accept-Encoding: gzip, br;q=0.5"),
            Post("/v1/jobs?causal&window=3,-1&scale=0.5&verify=2&kernel=auto&out_dtype=same&align=top-left&offset=-1",
                $"Content-Length: {s_body.Bytes.Length}\r\nIdempotency-Key: key-1", s_body.Bytes),
            Post("/v1/jobs?keys_per_segment=2&rows_per_block=2&no_lse=false", "Transfer-Encoding: chunked", chunked),
            Post("/v1/attention?causal=true", $"Content-Length: {s_body.Bytes.Length}\r\nExpect: 100-continue", s_body.Bytes),
        ];
    }

    private static byte[] Request(string method, string target, params string[] headers) => Encoding.Latin1.GetBytes(
        $"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: "
            + $"close\r\n{string.Concat(headers.Select(header => $"{header}\r\n"))}\r\n");

    private static byte[] Post(string target, string bodyHeader, byte[] body) =>
        [.. Request("POST", target, $"Content-Type: {JobBody.MediaType}", bodyHeader.Length == 0 ? "X-None: 1" : bodyHeader), .. body];
}
