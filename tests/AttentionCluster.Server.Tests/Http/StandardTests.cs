using System.IO.Compression;
using System.Net;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>
/// What RFC 9110 says of any request, whichever endpoint it is for; see <see cref="ResultTests"/> for ranges and conditions.
/// </summary>
public sealed class StandardTests : IAsyncLifetime, IDisposable
{
    private static readonly JobBody s_body = JobBody.Of(new TensorShape(1, 1, 30, 8));

    private readonly ApiNode _node = new(new JobsOptions { JobsRunningMax = 1 }, new ScriptedAttention());
    private string _id = "";

    public async Task InitializeAsync()
    {
        await _node.InitializeAsync();
        _id = await _node.Client.SubmitAsync(s_body);
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Theory]
    [InlineData("/v1/jobs", 200)]
    [InlineData("/v1/jobs/ID", 200)]
    [InlineData("/v1/jobs/ID/events", 200)]
    [InlineData("/v1/jobs/ID/result", 409)]
    [InlineData("/v1/jobs/nobody", 404)]
    [InlineData("/openapi/v1.json", 200)]
    [InlineData("/v1/attention", 405)]
    public async Task HEAD_is_wherever_GET_is(string target, int status)
    {
        // The job runs on: who asked for its events would wait for its end.
        using var request = new HttpRequestMessage(HttpMethod.Head, target.Replace("ID", _id, StringComparison.Ordinal));
        using HttpResponseMessage answer = await _node.Client.SendAsync(request).InTime();

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(target.EndsWith("/events", StringComparison.Ordinal),
            answer.Content.Headers.ContentType?.MediaType == "text/event-stream");
    }

    [Theory]
    [InlineData("PUT", "/v1/jobs", 405, "method-not-allowed", "GET, HEAD, POST")]
    [InlineData("GET", "/v1/attention", 405, "method-not-allowed", "POST")]
    [InlineData("POST", "/v1/jobs/ID/result", 405, "method-not-allowed", "GET, HEAD")]
    [InlineData("BREW", "/v1/jobs", 501, "method-not-known", null)]
    public async Task A_wrong_method_is_told_which_are_right(string method, string target, int status, string code, string? allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target.Replace("ID", _id, StringComparison.Ordinal));
        using HttpResponseMessage answer = await _node.Client.SendAsync(request).InTime();

        await answer.AssertProblemAsync((HttpStatusCode)status, code);
        Assert.Equal(allowed ?? "", string.Join(", ", answer.Content.Headers.Allow.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("Content-Encoding", "gzip", 415, "unsupported-content-coding")]
    [InlineData("Content-Encoding", "identity, br", 415, "unsupported-content-coding")]
    [InlineData("Transfer-Encoding", "gzip, chunked", 501, "unsupported-transfer-coding")]
    [InlineData("Content-Range", "bytes 0-99/200", 400, "partial-body")]
    public async Task A_body_that_is_coded_or_cut_is_refused_and_not_taken_for_what_it_is_not(string header, string value, int status,
        string code)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(s_body.Bytes);
        foreach (byte[] bytes in (byte[][])[packed.ToArray(), s_body.Bytes])
        {
            foreach (string way in (string[])["/v1/jobs", "/v1/attention"])
            {
                using RawRequest raw = await RawRequest.ConnectAsync(_node);
                string length = header == "Transfer-Encoding" ? "" : $"Content-Length: {bytes.Length}\r\n";
                await raw.PostAsync(way, $"{length}{header}: {value}\r\nConnection: close");
                await raw.WriteAsync(header == "Transfer-Encoding"
                    ? [.. System.Text.Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"), .. bytes, .. "\r\n0\r\n\r\n"u8] : bytes);
                string answer = await raw.ReadToEndAsync();

                Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
                Assert.Contains($"\"code\":\"{code}\"", answer, StringComparison.Ordinal);
                Assert.Equal(status == 415, answer.Contains("\r\nAccept-Encoding: identity\r\n", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task A_body_that_says_that_it_is_not_coded_is_taken()
    {
        using HttpContent content = s_body.Content();
        content.Headers.ContentEncoding.Add("identity");
        using HttpResponseMessage answer = await _node.Client.PostAsync("/v1/jobs", content).InTime();
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    [Fact]
    public async Task Another_media_type_is_told_the_right_one()
    {
        using var content = new ByteArrayContent(s_body.Bytes);
        using HttpResponseMessage answer = await _node.Client.PostAsync("/v1/attention", content).InTime();
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Equal("application/x-safetensors", Assert.Single(answer.Headers.GetValues("Accept")));
    }

    [Fact]
    public async Task A_result_that_is_not_there_yet_says_when_to_ask_again()
    {
        using HttpResponseMessage answer = await _node.Client.GetAsync($"/v1/jobs/{_id}/result").InTime();
        await answer.AssertProblemAsync(HttpStatusCode.Conflict, "job-not-finished");
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    [Theory]
    [InlineData("/v1/nothing", "not-found")]
    [InlineData("/v1/jobs/nobody", "no-such-job")]
    public async Task An_error_has_its_words_whatever_is_asked_for(string target, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        request.Headers.Add("Accept", "application/x-safetensors");
        using HttpResponseMessage answer = await _node.Client.SendAsync(request).InTime();
        await answer.AssertProblemAsync(HttpStatusCode.NotFound, code);
    }

    [Theory]
    [InlineData("GET", "/v1/jobs/ID", "If-Match", "\"a\"", 412)]
    [InlineData("GET", "/v1/jobs/ID", "If-Match", "*", 200)]
    [InlineData("GET", "/v1/jobs/ID", "If-None-Match", "*", 304)]
    [InlineData("GET", "/v1/jobs", "If-None-Match", "*", 304)]
    [InlineData("GET", "/v1/jobs/nobody", "If-Match", "\"a\"", 404)]
    [InlineData("DELETE", "/v1/jobs/nobody", "If-Match", "\"a\"", 404)]
    [InlineData("DELETE", "/v1/jobs/ID", "If-Match", "\"a\"", 412)]
    [InlineData("DELETE", "/v1/jobs/ID", "If-None-Match", "*", 412)]
    public async Task A_condition_holds_for_what_has_no_tag(string method, string target, string header, string value, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target.Replace("ID", _id, StringComparison.Ordinal));
        request.Headers.Add(header, value);
        using HttpResponseMessage answer = await _node.Client.SendAsync(request).InTime();

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("running", (await _node.Client.JobAsync(_id)).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("GET", "/v1/jobs")]
    [InlineData("GET", "/v1/jobs/ID/result")]
    [InlineData("DELETE", "/v1/jobs/ID")]
    public async Task An_option_where_there_are_none_is_refused(string method, string target)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target.Replace("ID", _id, StringComparison.Ordinal)
            + "?state=running");
        using HttpResponseMessage answer = await _node.Client.SendAsync(request).InTime();
        Assert.Contains("'state'", await answer.AssertProblemAsync(HttpStatusCode.BadRequest, "unknown-option"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_changes_is_not_for_caches()
    {
        using HttpResponseMessage answer = await _node.Client.GetAsync($"/v1/jobs/{_id}").InTime();
        Assert.True(answer.Headers.CacheControl?.NoCache);
    }
}
