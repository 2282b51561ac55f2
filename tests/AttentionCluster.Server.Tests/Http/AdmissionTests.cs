using System.Net;
using System.Text.Json;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>What a small request asks for costs nothing before it is accepted, and little afterwards.</summary>
public sealed class AdmissionTests(ApiNode node) : IClassFixture<ApiNode>
{
    [Theory]
    [InlineData("?sinks=7&window=1000,1000&keys_per_segment=1&rows_per_block=2147483647", 413)]
    [InlineData("?sinks=7&window=1000,1000&causal=true&keys_per_segment=1000&rows_per_block=2147483647", 413)]
    [InlineData("?keys_per_segment=1&rows_per_block=1", 422)]
    public async Task A_plan_of_any_size_is_refused_by_the_header_alone(string options, int status)
    {
        SafetensorsLayout layout = SafetensorsHeader.Build(
            [("q", ElementType.Float16, [int.MaxValue - 64, 1]), ("k", ElementType.Float16, [15_000_000, 1]),
                ("v", ElementType.Float16, [15_000_000, 1])]);
        using RawRequest raw = await RawRequest.ConnectAsync(node);
        await raw.PostAsync("/v1/jobs" + options, $"Content-Length: {layout.FileLength}");
        await raw.WriteAsync(layout.Header);

        Assert.Equal(status, await raw.StatusAsync());
    }

    [Fact]
    public async Task Jobs_that_are_planned_hold_up_no_other_and_end_when_they_are_deleted()
    {
        byte[] body = Masked(1_000_000);
        string[] ids = [.. await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => SubmitAsync(body)))];
        Assert.All(ids, id => Assert.NotEmpty(id));

        JobBody small = JobBody.Of(new TensorShape(1, 1, 40, 8));
        Assert.Equal("succeeded", (await node.Client.EndOfAsync(await node.Client.SubmitAsync(small))).GetProperty("state").GetString());
        foreach (string id in ids)
        {
            Assert.Equal("running", (await node.Client.JobAsync(id)).GetProperty("state").GetString());
            using HttpResponseMessage deleted = await node.Client.DeleteAsync($"/v1/jobs/{id}").InTime();
            Assert.True(deleted.IsSuccessStatusCode);
            JsonElement end = await node.Client.EndOfAsync(id).WaitAsync(TimeSpan.FromSeconds(3));
            Assert.Equal("cancelled", end.GetProperty("state").GetString());
        }
    }

    private async Task<string> SubmitAsync(byte[] body)
    {
        using HttpContent content = JobBody.Content(body);
        using HttpResponseMessage answer = await node.Client.PostAsync("/v1/jobs", content).InTime();
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("id").GetString()!;
    }

    /// <summary>Zeros, and a mask that hides nothing, of which every pair must be looked at.</summary>
    private static byte[] Masked(int rows)
    {
        SafetensorsLayout layout = SafetensorsHeader.Build(
            [("q", ElementType.Float16, [rows, 1]), ("k", ElementType.Float16, [rows, 1]), ("v", ElementType.Float16, [rows, 1]),
                ("mask", ElementType.Boolean, [1, rows])]);
        byte[] body = new byte[layout.FileLength];
        layout.Header.CopyTo(body, 0);
        body.AsSpan((int)layout.Entries[3].ByteOffset, rows).Fill(1);
        return body;
    }
}
