using System.Net.ServerSentEvents;
using System.Text.Json;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>A job's life as it is told.</summary>
public sealed class EventsTests
{
    private static readonly JobBody Body = JobBody.Of(new TensorShape(1, 1, 30, 8));

    [Fact]
    public async Task Each_change_is_told_with_the_whole_job_and_the_stream_ends_with_the_job()
    {
        var attention = new ScriptedAttention();
        await using ApiNode node = await ApiNode.StartAsync(
            new JobsOptions { JobsRunningMax = 1, EventInterval = TimeSpan.FromMilliseconds(1) }, attention);
        string first = await node.Client.SubmitAsync(Body);
        string id = await node.Client.SubmitAsync(Body, "?rows_per_block=10");
        await attention.NextStartAsync();
        await using Stream stream = await node.Client.GetStreamAsync($"/v1/jobs/{id}/events").InTime();
        await using IAsyncEnumerator<SseItem<string>> events = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();

        Assert.Equal("state queued 1 0/3", await NextAsync(events));
        attention[first].Succeed();
        await attention.NextStartAsync();
        Assert.Equal("state running  0/3", await NextAsync(events));
        attention[id].ReportTasks(2);
        Assert.Equal("progress running  2/3", await NextAsync(events));
        attention[id].Succeed();
        Assert.Equal("state succeeded  3/3", await NextAsync(events));
        Assert.Equal((await node.Client.JobAsync(id)).GetRawText(), events.Current.Data);
        Assert.False(await events.MoveNextAsync().AsTask().InTime());
    }

    [Fact]
    public async Task A_job_that_has_ended_is_told_at_once_and_only_once()
    {
        await using ApiNode node = await ApiNode.StartAsync(new JobsOptions(), new ScriptedAttention { EndsAtOnce = true });
        string id = await node.Client.SubmitAsync(Body);
        await node.Client.EndOfAsync(id);

        string text = await node.Client.GetStringAsync($"/v1/jobs/{id}/events").InTime();

        Assert.StartsWith($$"""
            event: state
            data: {"id":"{{id}}","state":"succeeded","position":null,
            """.ReplaceLineEndings("\n"), text, StringComparison.Ordinal);
        Assert.Equal(1, text.Split("event:").Length - 1);
    }

    [Fact]
    public async Task Changes_that_come_too_fast_are_told_together_and_the_last_one_always()
    {
        var attention = new ScriptedAttention();
        await using ApiNode node = await ApiNode.StartAsync(new JobsOptions { EventInterval = TimeSpan.FromMilliseconds(50) }, attention);
        JobBody body = JobBody.Of(new TensorShape(1, 1, 1000, 1));
        string id = await node.Client.SubmitAsync(body, "?rows_per_block=1");
        await attention.NextStartAsync();
        Task<string> text = node.Client.GetStringAsync($"/v1/jobs/{id}/events");
        int tasks = body.Plan(new AttentionOptions { RowsPerBlock = 1 }).TaskCount;
        for (int done = 1; done <= tasks; done++)
            attention[id].ReportTasks(done);
        attention[id].Succeed();

        string told = await text.InTime();

        Assert.InRange(told.Split("event: ").Length - 1, 1, 4);
        Assert.Contains("\"state\":\"succeeded\"", told[told.LastIndexOf("event: state", StringComparison.Ordinal)..],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quiet_job_is_told_again_so_that_the_connection_is_known_to_live()
    {
        var attention = new ScriptedAttention();
        await using ApiNode node = await ApiNode.StartAsync(
            new JobsOptions { EventInterval = TimeSpan.FromMilliseconds(1), HeartbeatInterval = TimeSpan.FromMilliseconds(20) }, attention);
        string id = await node.Client.SubmitAsync(Body);
        await attention.NextStartAsync();
        await using Stream stream = await node.Client.GetStreamAsync($"/v1/jobs/{id}/events").InTime();
        await using IAsyncEnumerator<SseItem<string>> events = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();

        Assert.Equal("state running  0/1", await NextAsync(events));
        Assert.Equal("progress running  0/1", await NextAsync(events));
        Assert.Equal("progress running  0/1", await NextAsync(events));
    }

    [Fact]
    public async Task A_reader_that_vanishes_or_never_reads_holds_nobody_up()
    {
        var attention = new ScriptedAttention();
        await using ApiNode node = await ApiNode.StartAsync(new JobsOptions { EventInterval = TimeSpan.FromMilliseconds(1) }, attention);
        string id = await node.Client.SubmitAsync(Body);
        await attention.NextStartAsync();
        using RawRequest silent = await RawRequest.ConnectAsync(node);
        using RawRequest vanished = await RawRequest.ConnectAsync(node);
        foreach (RawRequest reader in (RawRequest[])[silent, vanished])
        {
            await reader.WriteAsync($"GET /v1/jobs/{id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.Equal(200, await reader.StatusAsync());
        }

        vanished.Break();
        for (int i = 0; i < 10_000; i++)
            attention[id].ReportTasks(1);
        attention[id].Succeed();

        Assert.Equal("succeeded", (await node.Client.EndOfAsync(id)).GetProperty("state").GetString());
    }

    /// <summary>The next event, as its name, and the job's state, position and tasks.</summary>
    private static async Task<string> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().InTime());
        JsonElement job = JsonSerializer.Deserialize<JsonElement>(events.Current.Data);
        JsonElement progress = job.GetProperty("progress");
        return $"{events.Current.EventType} {job.GetProperty("state").GetString()} {job.GetProperty("position")} "
            + $"{progress.GetProperty("tasks_done")}/{progress.GetProperty("tasks")}";
    }
}
