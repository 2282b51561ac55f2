using System.Net;
using System.Text.Json;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>
/// An input that changes on the disk after it was received: its job fails and says so, and no number that was computed from it is shown.
/// </summary>
public sealed class DamagedInputTests : IDisposable
{
    private readonly ServedJob _job = new();

    [Fact]
    public async Task While_its_job_runs()
    {
        await using Node node = await _job.StartNodeAsync();
        string id = await ServedJob.BeginAsync(node);

        _job.FlipBit(id);

        await AssertFailedAsync(node, id, await ServedJob.EndAsync(node, id));
    }

    /// <summary>Its tasks fail first, because rows are missing; that is not what its owner has to know.</summary>
    [Fact]
    public async Task Cut_short_while_its_job_runs()
    {
        await using Node node = await _job.StartNodeAsync();
        string id = await ServedJob.BeginAsync(node);

        _job.Truncate(id);

        await AssertFailedAsync(node, id, await ServedJob.EndAsync(node, id));
    }

    [Fact]
    public async Task While_its_job_waits_for_the_next_gateway()
    {
        string id;
        await using (Node node = await _job.StartNodeAsync())
            id = await ServedJob.BeginAsync(node);
        _job.FlipBit(id);

        await using Node next = await _job.StartNodeAsync();
        JsonElement job = await ServedJob.EndAsync(next, id);

        await AssertFailedAsync(next, id, job);
        JsonElement progress = job.GetProperty("progress");
        Assert.True(progress.GetProperty("tasks_done").GetInt32() < progress.GetProperty("tasks").GetInt32(),
            "all of it was computed first");
    }

    public void Dispose() => _job.Dispose();

    private static async Task AssertFailedAsync(Node node, string id, JsonElement job)
    {
        Assert.Equal("failed", job.GetProperty("state").GetString());
        Assert.Equal("input-damaged", job.GetProperty("error").GetProperty("code").GetString());
        using HttpResponseMessage result = await node.Http.GetAsync($"/v1/jobs/{id}/result");
        Assert.Equal(HttpStatusCode.Gone, result.StatusCode);
    }
}
