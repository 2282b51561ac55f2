using System.Text;
using System.Text.Json;
using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Client.Tests;

public sealed class WatchTests : IAsyncLifetime
{
    private const string Events = "GET /v1/jobs/*/events";

    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Progress_is_told_until_the_end()
    {
        _server.Jobs.Making = job => job with { Endless = true };
        using AttentionClient client = _server.Client();
        string id = await client.SubmitAsync(ClientUnderTest.Tensors());

        List<JobState> states = [];
        await foreach (JobDocument job in client.WatchAsync(id))
        {
            states.Add(job.State);
            if (states.Count == 3)
                Assert.True(await client.CancelAsync(id));
        }

        Assert.Equal([JobState.Running, JobState.Queued, JobState.Running, JobState.Cancelled], states);
    }

    [Fact]
    public async Task A_cut_stream_is_taken_up_again()
    {
        _server.Jobs.Making = job => job with { Endless = true };
        using AttentionClient client = _server.Client(retriesMax: 0);
        FakeJob job = _server.Jobs.Find(await client.SubmitAsync(ClientUnderTest.Tensors()))!;
        string running = $"event: progress\ndata: {JsonSerializer.Serialize(job.ToJson("running"))}\n\n";
        // The second event stops in its middle.
        _server.Next(Events, Cut(running + running[..40]));

        Task<JobDocument> ended = client.WaitAsync(job.Id, new Told(_ =>
        {
            if (_server.Count(Events) == 2)
                job.Cancelled.TrySetResult();
        }));

        Assert.Equal(JobState.Cancelled, (await ended).State);
        Assert.Equal(2, _server.Count(Events));
    }

    [Fact]
    public async Task A_silent_stream_is_taken_up_again()
    {
        _server.Jobs.Making = job => job with { Endless = true };
        using AttentionClient client = _server.Client(silenceSeconds: 1);
        FakeJob job = _server.Jobs.Find(await client.SubmitAsync(ClientUnderTest.Tensors()))!;

        Task<JobDocument> ended = client.WaitAsync(job.Id, new Told(_ =>
        {
            if (_server.Count(Events) == 2)
                job.Cancelled.TrySetResult();
        }));

        Assert.Equal(JobState.Cancelled, (await ended).State);
    }

    [Fact]
    public async Task An_end_that_was_missed_is_found()
    {
        _server.Jobs.Making = job => job with { Endless = true };
        using AttentionClient client = _server.Client();
        FakeJob job = _server.Jobs.Find(await client.SubmitAsync(ClientUnderTest.Tensors()))!;
        _server.Next(Events, context =>
        {
            job.Cancelled.SetResult();
            context.Abort();
            return Task.CompletedTask;
        });
        // Every further stream breaks before it says so.
        for (int i = 0; i < 9; i++)
            _server.Next(Events, Cut(""));

        Assert.Equal(JobState.Cancelled, (await client.WaitAsync(job.Id)).State);
        Assert.Equal(2, _server.Count(Events));
    }

    [Fact]
    public async Task A_failure_has_its_reason()
    {
        _server.Jobs.Making = job => job with { Error = "workers-lost" };
        using AttentionClient client = _server.Client();

        JobDocument job = await client.WaitAsync(await client.SubmitAsync(ClientUnderTest.Tensors()));

        Assert.Equal(JobState.Failed, job.State);
        Assert.Equal(new ErrorDocument("workers-lost", "the last worker is gone"), job.Error);
        Assert.Null(job.Report);
    }

    [Fact]
    public async Task Another_programs_events_are_an_error()
    {
        _server.Jobs.Making = job => job with { Endless = true };
        using AttentionClient client = _server.Client();
        string id = await client.SubmitAsync(ClientUnderTest.Tensors());
        _server.Next(Events, Cut("event: progress\ndata: hello\n\n"));

        AttentionClientException problem = await Assert.ThrowsAsync<AttentionClientException>(() => client.WaitAsync(id));

        Assert.Equal(ErrorCode.MalformedAnswer, problem.KnownCode);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled_and_the_job_goes_on()
    {
        _server.Jobs.Making = job => job with { Endless = true };
        using AttentionClient client = _server.Client();
        string id = await client.SubmitAsync(ClientUnderTest.Tensors());
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.WaitAsync(id, new Told(_ => cancel.Cancel()), cancel.Token));

        Assert.Equal(JobState.Running, (await client.GetJobAsync(id)).State);
    }

    [Fact]
    public async Task A_cancellation_whose_answer_is_lost_does_not_remove_the_job()
    {
        _server.Jobs.Making = job => job with { Endless = true };
        using AttentionClient client = _server.Client();
        FakeJob job = _server.Jobs.Find(await client.SubmitAsync(ClientUnderTest.Tensors()))!;
        _server.Next("DELETE /v1/jobs/*", context =>
        {
            job.Cancelled.SetResult();
            context.Abort();
            return Task.CompletedTask;
        });

        Assert.True(await client.CancelAsync(job.Id));

        Assert.Equal(JobState.Cancelled, (await client.GetJobAsync(job.Id)).State);
        Assert.Equal(1, _server.Count("DELETE /v1/jobs/*"));
    }

    private static RequestDelegate Cut(string events) =>
        Faults.CutAnswerAfter(Encoding.UTF8.GetBytes(events), "Content-Type: text/event-stream", 1 << 20);

    private sealed class Told(Action<JobDocument> tell) : IProgress<JobDocument>
    {
        public void Report(JobDocument value) => tell(value);
    }
}
