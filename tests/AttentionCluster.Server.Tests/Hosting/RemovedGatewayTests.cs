using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>
/// A gateway that its cluster removes in the middle of its work: nobody has told it to stop, and nobody's job has failed for that.
/// </summary>
public sealed class RemovedGatewayTests : IDisposable
{
    private readonly ServedJob _job = new();

    [Fact]
    public async Task Its_job_is_left_to_the_next_as_it_was_and_succeeds_there()
    {
        string id;
        await using (Node removed = await _job.StartNodeAsync())
        {
            id = await ServedJob.BeginAsync(removed);
            Task<string> events = removed.Http.GetStringAsync($"/v1/jobs/{id}/events");

            await RemoveAsync(removed);

            Assert.Equal("running", LastStateOf(await events.InTime()));
            Assert.False(_job.RecordOf(id).TryGetProperty("state", out JsonElement state), $"{state}");
        }

        await using Node next = await _job.StartNodeAsync();
        JsonElement job = await ServedJob.EndAsync(next, id);

        Assert.True(job.GetProperty("state").GetString() == "succeeded", $"{job}");
        Assert.Equal(1, job.GetProperty("report").GetProperty("resumptions").GetInt32());
        ServedJob.Body.AssertResult(await next.Http.GetByteArrayAsync($"/v1/jobs/{id}/result"), ServedJob.Options);
    }

    [Fact]
    public async Task Who_waits_for_a_call_is_told_to_send_it_again()
    {
        await using Node removed = await _job.StartNodeAsync();
        using HttpContent content = ServedJob.Body.Content();
        Task<HttpResponseMessage> call = removed.Http.PostAsync("/v1/attention" + ServedJob.Query, content);
        await ServedJob.UntilAsync(() =>
            Task.FromResult(Directory.GetFiles(_job.Jobs, "result.safetensors", SearchOption.AllDirectories).Length > 0));

        await RemoveAsync(removed);

        using HttpResponseMessage answer = await call.InTime();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("node-stopped", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    public void Dispose() => _job.Dispose();

    private static async Task RemoveAsync(Node node)
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(EndTests.SystemOf(node));
        cluster.Down(cluster.SelfAddress);
        await node.Serving.WaitForEndAsync().InTime();
    }

    private static string? LastStateOf(string events) => JsonSerializer
        .Deserialize<JsonElement>(events.Split('\n').Last(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..])
        .GetProperty("state").GetString();
}
