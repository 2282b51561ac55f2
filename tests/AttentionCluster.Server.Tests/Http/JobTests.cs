using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>The way of a job through a real node: sent, followed, fetched, removed.</summary>
public sealed class JobTests(ApiNode node) : IClassFixture<ApiNode>
{
    private static readonly TensorShape Shape = new(1, 2, 200, 32);

    private static readonly Dictionary<string, (JobBody Body, string Query, AttentionOptions Options)> Kinds = new()
    {
        ["full"] = (JobBody.Of(Shape), "", new()),
        ["causal, blocks and segments"] = (
            JobBody.Of(Shape), "?causal=true&keys_per_segment=48&rows_per_block=40",
            new() { Causal = true, KeysPerSegment = 48, RowsPerBlock = 40 }),
        ["three query heads a KV head, float16, window, scale"] = (
            JobBody.Of(new(1, 6, 130, 16), new(1, 2, 210, 16), new(1, 2, 210, 24), ElementType.Float16), "?window=64,0&scale=0.5",
            new() { Window = (64, 0), Scale = 0.5 }),
        ["batch 2, bfloat16, offset"] = (
            JobBody.Of(new TensorShape(2, 1, 90, 20), ElementType.BFloat16), "?causal&offset=-10", new() { Causal = true, Offset = -10 }),
        ["rank 2, top left, no lse, portable"] = (
            JobBody.Of(new(1, 1, 60, 16, 2), new(1, 1, 90, 16, 2), new(1, 1, 90, 16, 2)),
                "?causal=true&align=top-left&no_lse=true&kernel=portable&out_dtype=same",
            new() { Causal = true, Align = CausalAlignment.TopLeft, WithLse = false, Kernel = KernelChoice.Portable }),
    };

    public static TheoryData<string> KindNames { get; } = [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(KindNames))]
    public async Task A_job_gives_the_result_of_the_core_bit_for_bit(string kind)
    {
        (JobBody body, string query, AttentionOptions options) = Kinds[kind];

        string id = await node.Client.SubmitAsync(body, query);
        JsonElement job = await node.Client.EndOfAsync(id);

        Assert.Equal("succeeded", job.GetProperty("state").GetString());
        body.AssertResult(await node.Client.GetByteArrayAsync($"/v1/jobs/{id}/result"), options);
    }

    [Fact]
    public async Task A_job_of_float64_is_computed_with_a_warning()
    {
        JobBody body = JobBody.Of(Shape, ElementType.Float64);

        JsonElement job = await node.Client.EndOfAsync(await node.Client.SubmitAsync(body));

        Assert.Equal("succeeded", job.GetProperty("state").GetString());
        Assert.Equal(
            ["q is float64 and was converted to float32", "k is float64 and was converted to float32",
                "v is float64 and was converted to float32"],
            job.GetProperty("report").GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()));
    }

    [Fact]
    public async Task A_job_has_the_members_that_are_promised_and_a_report_that_agrees_with_the_plan_and_the_file()
    {
        JobBody body = JobBody.Of(Shape);
        DateTimeOffset before = DateTimeOffset.UtcNow;

        string id = await node.Client.SubmitAsync(body, "?causal=true&verify=8&keys_per_segment=64&rows_per_block=50");
        await node.Client.EndOfAsync(id);
        JsonElement job = await node.Client.JobAsync(id);

        Assert.Equal(["id", "state", "position", "progress", "created", "report", "error"], Names(job));
        Assert.Equal(["tasks_done", "tasks", "flops_done", "flops"], Names(job.GetProperty("progress")));
        Assert.Equal((id, "succeeded"), (job.GetProperty("id").GetString(), job.GetProperty("state").GetString()));
        Assert.Equal(JsonValueKind.Null, job.GetProperty("position").ValueKind);
        Assert.Equal(JsonValueKind.Null, job.GetProperty("error").ValueKind);
        Assert.InRange(job.GetProperty("created").GetDateTimeOffset(), before, DateTimeOffset.UtcNow);
        Core.Planning.AttentionPlan plan = body.Plan(new AttentionOptions { Causal = true, KeysPerSegment = 64, RowsPerBlock = 50 });
        Assert.Equal(
            (plan.TaskCount, plan.TaskCount, plan.Flops),
            (job.GetProperty("progress").GetProperty("tasks_done").GetInt32(), job.GetProperty("progress").GetProperty("tasks").GetInt32(),
                job.GetProperty("progress").GetProperty("flops_done").GetDouble()));
        JsonElement report = job.GetProperty("report");
        Assert.Equal((id, "succeeded", plan.TaskCount),
            (report.GetProperty("id").GetString(), report.GetProperty("state").GetString(), report.GetProperty("tasks").GetInt32()));
        Assert.True(report.GetProperty("verify").GetProperty("ok").GetBoolean());
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "result");
        await File.WriteAllBytesAsync(path, await node.Client.GetByteArrayAsync($"/v1/jobs/{id}/result"));
        using TensorFile file = TensorFile.Open(path);
        Assert.Equal(report.GetProperty("output_sha256").GetString(), file.Metadata["o_sha256"]);
        Assert.Equal(report.GetProperty("lse_sha256").GetString(), file.Metadata["lse_sha256"]);
    }

    [Fact]
    public async Task A_body_in_chunks_is_as_good_as_one_of_known_length()
    {
        JobBody body = JobBody.Of(Shape);
        using HttpContent content = body.Content();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = content };
        request.Headers.TransferEncodingChunked = true;

        using HttpResponseMessage answer = await node.Client.SendAsync(request).InTime();
        string id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        await node.Client.EndOfAsync(id);

        body.AssertResult(await node.Client.GetByteArrayAsync($"/v1/jobs/{id}/result"));
    }

    [Fact]
    public async Task The_list_has_every_job_and_a_removed_one_is_gone_with_its_files()
    {
        string[] ids = [await node.Client.SubmitAsync(JobBody.Of(Shape)), await node.Client.SubmitAsync(JobBody.Of(Shape))];
        foreach (string id in ids)
            await node.Client.EndOfAsync(id);

        Assert.Equal(ids, (await ListAsync()).Where(ids.Contains));
        Assert.Equal(["job.json", "result.safetensors"],
            Directory.GetFiles(Path.Combine(node.JobsFolder, ids[0])).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

        using HttpResponseMessage removed = await node.Client.DeleteAsync($"/v1/jobs/{ids[0]}");

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.DoesNotContain(ids[0], await ListAsync());
        Assert.DoesNotContain(ids[0], node.JobFolders);
        foreach (string address in (string[])["", "/events", "/result"])
        {
            using HttpResponseMessage answer = await node.Client.GetAsync($"/v1/jobs/{ids[0]}{address}");
            await answer.AssertProblemAsync(HttpStatusCode.NotFound, "no-such-job");
        }

        using HttpResponseMessage again = await node.Client.DeleteAsync($"/v1/jobs/{ids[0]}");
        await again.AssertProblemAsync(HttpStatusCode.NotFound, "no-such-job");
    }

    private async Task<string[]> ListAsync() =>
        [.. (await node.Client.GetFromJsonAsync<JsonElement>("/v1/jobs")).GetProperty("jobs").EnumerateArray()
            .Select(job => job.GetProperty("id").GetString()!)];

    private static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(member => member.Name)];
}
