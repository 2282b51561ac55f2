using System.Net;
using System.Text.Json;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>The way of a job: sent, followed, fetched, removed.</summary>
public sealed class JobTests(ApiNode node) : IClassFixture<ApiNode>
{
    private static readonly TensorShape Shape = new(1, 2, 200, 32);

    [Fact]
    public async Task A_job_is_accepted_listed_computed_and_its_result_is_that_of_the_core_bit_for_bit()
    {
        JobBody body = JobBody.Of(Shape);

        string id = await node.Client.SubmitAsync(body, "?causal=true&verify=8");
        JsonElement job = await node.Client.EndOfAsync(id);

        Assert.Equal("succeeded", job.GetProperty("state").GetString());
        byte[] result = await node.Client.GetByteArrayAsync($"/v1/jobs/{id}/result");
        body.AssertResult(result, new AttentionOptions { Causal = true });
    }

    [Fact]
    public async Task A_call_answers_with_the_result()
    {
        JobBody body = JobBody.Of(Shape);
        using HttpContent content = body.Content();
        foreach (HttpClient client in (HttpClient[])[node.Client, node.Http2Client])
        {
            using HttpResponseMessage answer = await client.PostAsync("/v1/attention?causal=true", content).InTime();
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            body.AssertResult(await answer.Content.ReadAsByteArrayAsync(), new AttentionOptions { Causal = true });
            Assert.Contains("attn-report", answer.TrailingHeaders.Select(header => header.Key));
        }
    }
}
