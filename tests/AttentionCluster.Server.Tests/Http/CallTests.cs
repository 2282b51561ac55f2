using System.Net;
using System.Text.Json;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Small jobs in one call, through a real node.</summary>
public sealed class CallTests(ApiNode node) : IClassFixture<ApiNode>
{
    private static readonly AttentionOptions Causal = new() { Causal = true };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_call_answers_with_the_bits_of_the_core_and_the_report_in_a_header(int httpVersion)
    {
        JobBody body = JobBody.Of(new TensorShape(1, 4, 300, 64));
        HttpClient client = httpVersion == 2 ? node.Http2Client : node.Client;
        using HttpContent content = body.Content();

        using HttpResponseMessage answer = await client.PostAsync("/v1/attention?causal=true&verify=4", content).InTime();

        Assert.Equal((HttpStatusCode.OK, httpVersion), (answer.StatusCode, answer.Version.Major));
        Assert.Equal(JobBody.MediaType, answer.Content.Headers.ContentType!.MediaType);
        Assert.Empty(answer.Headers.Trailer);
        body.AssertResult(await answer.Content.ReadAsByteArrayAsync(), Causal);
        string report = Assert.Single(answer.Headers.GetValues("attn-report"));
        JsonElement json = JsonSerializer.Deserialize<JsonElement>(report);
        Assert.Equal("succeeded", json.GetProperty("state").GetString());
        Assert.True(json.GetProperty("verify").GetProperty("ok").GetBoolean());
    }

    [Theory]
    [InlineData("f16", ElementType.Float32, ElementType.Float16)]
    [InlineData("bf16", ElementType.Float32, ElementType.BFloat16)]
    [InlineData("same", ElementType.Float16, ElementType.Float16)]
    public async Task The_output_has_the_type_that_was_asked_for(string word, ElementType sent, ElementType wanted)
    {
        JobBody body = JobBody.Of(new TensorShape(1, 2, 30, 8), sent);
        using HttpContent content = body.Content();

        using HttpResponseMessage answer = await node.Client.PostAsync($"/v1/attention?out_dtype={word}&verify=60", content).InTime();

        body.AssertResult(await answer.Content.ReadAsByteArrayAsync(), type: wanted);
        JsonElement report = JsonSerializer.Deserialize<JsonElement>(Assert.Single(answer.Headers.GetValues("attn-report")));
        Assert.True(report.GetProperty("verify").GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task An_input_that_is_not_finite_is_refused_when_that_is_asked_for_and_else_a_warning()
    {
        JobBody body = JobBody.Of(new TensorShape(1, 2, 30, 8));
        BitConverter.TryWriteBytes(body.Bytes.AsSpan(^sizeof(float)), float.NaN);
        using HttpContent again = body.Content();
        foreach (string way in (string[])["/v1/attention", "/v1/jobs"])
        {
            using HttpContent content = body.Content();
            using HttpResponseMessage refused = await node.Client.PostAsync($"{way}?reject_nonfinite=true", content).InTime();
            Assert.Contains("v has NaN at [0,1,29,7]", await refused.AssertProblemAsync(HttpStatusCode.BadRequest, "nonfinite-input"),
                StringComparison.Ordinal);
            Assert.Empty(node.JobFolders);
        }

        using HttpResponseMessage answer = await node.Client.PostAsync("/v1/attention", again).InTime();
        await answer.Content.ReadAsByteArrayAsync();
        Assert.Contains("v has NaN at [0,1,29,7]", Assert.Single(answer.Headers.GetValues("attn-report")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_http_1_0_the_report_comes_too()
    {
        JobBody body = JobBody.Of(new TensorShape(1, 1, 30, 8));
        using RawRequest raw = await RawRequest.ConnectAsync(node);
        await raw.PostAsync("/v1/attention", $"Content-Length: {body.Bytes.Length}", version: "1.0");
        await raw.WriteAsync(body.Bytes);

        string answer = await raw.ReadToEndAsync();

        Assert.Contains("\r\nattn-report: {\"id\":", answer, StringComparison.Ordinal);
        body.AssertResult(System.Text.Encoding.Latin1.GetBytes(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]));
    }

    [Fact]
    public async Task A_connection_takes_one_call_after_the_other()
    {
        JobBody body = JobBody.Of(new TensorShape(1, 1, 30, 8));
        using RawRequest raw = await RawRequest.ConnectAsync(node);
        for (int i = 0; i < 3; i++)
        {
            await raw.PostAsync("/v1/attention", $"Content-Length: {body.Bytes.Length}" + (i == 2 ? "\r\nConnection: close" : ""));
            await raw.WriteAsync(body.Bytes);
        }

        string answers = await raw.ReadToEndAsync();

        Assert.Equal(3, answers.Split("HTTP/1.1 200 OK").Length - 1);
        Assert.Equal(3, answers.Split("\r\nattn-report: {").Length - 1);
    }

    [Fact]
    public async Task Two_hundred_calls_at_once_are_all_right_and_leave_nothing()
    {
        JobBody body = JobBody.Of(new TensorShape(1, 8, 256, 64));

        byte[][] results = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            using HttpContent content = body.Content();
            using HttpResponseMessage answer = await node.Client.PostAsync("/v1/attention?causal=true", content).InTime();
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            return await answer.Content.ReadAsByteArrayAsync();
        }));

        Assert.All(results, result => Assert.True(result.AsSpan().SequenceEqual(results[0])));
        body.AssertResult(results[0], Causal);
        Assert.Empty(node.JobFolders);
        Assert.Equal("{\"jobs\":[]}", await node.Client.GetStringAsync("/v1/jobs"));
    }
}
