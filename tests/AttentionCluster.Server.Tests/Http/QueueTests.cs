using System.Net;
using System.Text.Json;
using AttentionCluster.Core;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Jobs that wait, run and end, with a computation that ends when the test says.</summary>
public sealed class QueueTests
{
    private static readonly JobBody Body = JobBody.Of(new TensorShape(1, 1, 30, 8));
    private static readonly JobsOptions OneAtATime = new() { JobsRunningMax = 1, JobsQueuedMax = 2, CallsQueuedMax = 1 };

    [Fact]
    public async Task Jobs_wait_in_order_with_their_positions_and_start_one_after_the_other()
    {
        (ApiNode node, ScriptedAttention attention) = await StartAsync(OneAtATime);
        await using (node)
        {
            string[] ids = [await node.Client.SubmitAsync(Body), await node.Client.SubmitAsync(Body), await node.Client.SubmitAsync(Body)];
            Assert.Equal(ids[0], await attention.NextStartAsync());
            Assert.Equal(["running", "queued 1", "queued 2"], await StatesAsync(node, ids));

            attention[ids[0]].Succeed();
            Assert.Equal(ids[1], await attention.NextStartAsync());
            Assert.Equal(["succeeded", "running", "queued 1"], await StatesAsync(node, ids));
        }
    }

    [Fact]
    public async Task A_gateway_whose_places_are_all_taken_by_jobs_of_which_nothing_comes_says_so()
    {
        (ApiNode node, ScriptedAttention attention) = await StartAsync(OneAtATime);
        await using (node)
        {
            JobBoard board = node.Services.GetRequiredService<JobBoard>();
            Assert.Null(board.Stall(TimeSpan.FromTicks(-1)));
            string id = await node.Client.SubmitAsync(Body);
            await attention.NextStartAsync();

            Assert.Null(board.Stall(TimeSpan.FromMinutes(10)));
            Assert.Contains("all 1 places are taken by jobs of which nothing has come", board.Stall(TimeSpan.FromTicks(-1)),
                StringComparison.Ordinal);
            attention[id].Succeed();
            await node.Client.EndOfAsync(id);
            Assert.Null(board.Stall(TimeSpan.FromTicks(-1)));
        }
    }

    [Fact]
    public async Task A_full_queue_says_when_to_come_back_without_reading_the_body_and_is_open_again_when_a_job_ends()
    {
        (ApiNode node, ScriptedAttention attention) = await StartAsync(OneAtATime);
        await using (node)
        {
            string first = await node.Client.SubmitAsync(Body);
            await node.Client.SubmitAsync(Body);
            await node.Client.SubmitAsync(Body);

            using (RawRequest raw = await RawRequest.ConnectAsync(node))
            {
                await raw.PostAsync("/v1/jobs", "Content-Length: 1000000000000\r\nConnection: close");
                Assert.Equal(429, await raw.StatusAsync());
            }

            using HttpContent content = Body.Content();
            using HttpResponseMessage refused = await node.Client.PostAsync("/v1/jobs", content).InTime();
            Assert.Contains("2 jobs", await refused.AssertProblemAsync(HttpStatusCode.TooManyRequests, "queue-full"),
                StringComparison.Ordinal);
            Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter!.Delta);

            // Calls have places of their own.
            using HttpContent callContent = Body.Content();
            Task<HttpResponseMessage> call = node.Client.PostAsync("/v1/attention", callContent);
            await Eventually.UntilAsync(() => node.JobFolders.Length == 4);
            using HttpContent content2 = Body.Content();
            using HttpResponseMessage refusedCall = await node.Client.PostAsync("/v1/attention", content2).InTime();
            Assert.Contains("1 calls", await refusedCall.AssertProblemAsync(HttpStatusCode.TooManyRequests, "queue-full"),
                StringComparison.Ordinal);
            Assert.Equal(TimeSpan.FromSeconds(1), refusedCall.Headers.RetryAfter!.Delta);

            attention[await attention.NextStartAsync()].Succeed();
            await node.Client.EndOfAsync(first);
            await node.Client.SubmitAsync(Body);
        }
    }

    [Fact]
    public async Task A_waiting_job_that_is_cancelled_never_starts_and_frees_its_place()
    {
        (ApiNode node, ScriptedAttention attention) = await StartAsync(OneAtATime);
        await using (node)
        {
            string[] ids = [await node.Client.SubmitAsync(Body), await node.Client.SubmitAsync(Body), await node.Client.SubmitAsync(Body)];
            await attention.NextStartAsync();

            using HttpResponseMessage cancelled = await node.Client.DeleteAsync($"/v1/jobs/{ids[1]}").InTime();

            Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
            Assert.Equal(["running", "cancelled", "queued 1"], await StatesAsync(node, ids));
            Assert.DoesNotContain(ids[1], node.JobFolders);
            using HttpResponseMessage result = await node.Client.GetAsync($"/v1/jobs/{ids[1]}/result");
            await result.AssertProblemAsync(HttpStatusCode.Gone, "job-cancelled");
            await node.Client.SubmitAsync(Body);
            attention[ids[0]].Succeed();
            Assert.Equal(ids[2], await attention.NextStartAsync());

            using HttpResponseMessage removed = await node.Client.DeleteAsync($"/v1/jobs/{ids[1]}").InTime();
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
            using HttpResponseMessage gone = await node.Client.GetAsync($"/v1/jobs/{ids[1]}");
            await gone.AssertProblemAsync(HttpStatusCode.NotFound, "no-such-job");
        }
    }

    [Fact]
    public async Task A_running_job_that_is_cancelled_is_listed_as_such_and_leaves_no_file()
    {
        (ApiNode node, ScriptedAttention attention) = await StartAsync(OneAtATime);
        await using (node)
        {
            string id = await node.Client.SubmitAsync(Body);
            await attention.NextStartAsync();
            using HttpResponseMessage early = await node.Client.GetAsync($"/v1/jobs/{id}/result");
            await early.AssertProblemAsync(HttpStatusCode.Conflict, "job-not-finished");

            using HttpResponseMessage cancelled = await node.Client.DeleteAsync($"/v1/jobs/{id}").InTime();

            Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
            Assert.Equal(["cancelled"], await StatesAsync(node, id));
            Assert.Empty(node.JobFolders);
        }
    }

    [Fact]
    public async Task A_job_that_fails_says_why_and_the_next_one_starts()
    {
        (ApiNode node, ScriptedAttention attention) = await StartAsync(OneAtATime);
        await using (node)
        {
            string[] ids = [await node.Client.SubmitAsync(Body), await node.Client.SubmitAsync(Body)];

            attention[await attention.NextStartAsync()].Fail(ErrorCode.TaskFailed);

            Assert.Equal(ids[1], await attention.NextStartAsync());
            JsonElement job = await node.Client.JobAsync(ids[0]);
            Assert.Equal("failed", job.GetProperty("state").GetString());
            Assert.Equal("task-failed", job.GetProperty("error").GetProperty("code").GetString());
            Assert.Equal("task-failed, in words", job.GetProperty("error").GetProperty("message").GetString());
            using HttpResponseMessage result = await node.Client.GetAsync($"/v1/jobs/{ids[0]}/result");
            Assert.Contains("task-failed, in words", await result.AssertProblemAsync(HttpStatusCode.Gone, "job-failed"),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_small_job_overtakes_a_large_one_into_the_place_that_is_kept_for_it()
    {
        (ApiNode node, ScriptedAttention attention) = await StartAsync(
            new JobsOptions { JobsRunningMax = 2, SmallJobFlopsMax = Body.Plan().Flops });
        await using (node)
        {
            JobBody large = JobBody.Of(new TensorShape(1, 1, 31, 8));
            string[] ids = [await node.Client.SubmitAsync(large), await node.Client.SubmitAsync(large),
                await node.Client.SubmitAsync(Body)];

            Assert.Equal(ids[0], await attention.NextStartAsync());
            Assert.Equal(ids[2], await attention.NextStartAsync());
            Assert.Equal(["running", "queued 1", "running"], await StatesAsync(node, ids));
        }
    }

    [Fact]
    public async Task The_oldest_results_leave_when_there_are_too_many()
    {
        (ApiNode node, _) = await StartAsync(new JobsOptions { JobsKeptMax = 2 }, endsAtOnce: true);
        await using (node)
        {
            var ids = new List<string>();
            for (int i = 0; i < 4; i++)
            {
                ids.Add(await node.Client.SubmitAsync(Body));
                await node.Client.EndOfAsync(ids[i]);
            }

            Assert.Equal(ids[2..], node.JobFolders.Order(StringComparer.Ordinal));
            using HttpResponseMessage gone = await node.Client.GetAsync($"/v1/jobs/{ids[0]}/result");
            await gone.AssertProblemAsync(HttpStatusCode.NotFound, "no-such-job");
        }
    }

    [Fact]
    public async Task The_oldest_results_leave_for_a_new_job_but_jobs_at_work_do_not()
    {
        JobBody half = JobBody.Of(new TensorShape(1, 1, 3000, 32));
        (ApiNode node, ScriptedAttention attention) = await StartAsync(new JobsOptions { StoreBytesMax = 3_000_000 });
        await using (node)
        {
            string first = await node.Client.SubmitAsync(half);
            using (HttpContent content = half.Content())
            {
                using HttpResponseMessage full = await node.Client.PostAsync("/v1/jobs", content).InTime();
                await full.AssertProblemAsync(HttpStatusCode.InsufficientStorage, "store-full");
            }

            attention[await attention.NextStartAsync()].Succeed();
            await node.Client.EndOfAsync(first);
            string second = await node.Client.SubmitAsync(half);
            Assert.Equal([first, second], node.JobFolders.Order(StringComparer.Ordinal));
            attention[await attention.NextStartAsync()].Succeed();
            await node.Client.EndOfAsync(second);
            JobBody large = JobBody.Of(new TensorShape(1, 1, 5200, 32));
            string third = await node.Client.SubmitAsync(large);
            Assert.Equal([third], node.JobFolders);
        }
    }

    private static async Task<(ApiNode Node, ScriptedAttention Attention)> StartAsync(JobsOptions options, bool endsAtOnce = false)
    {
        var attention = new ScriptedAttention { EndsAtOnce = endsAtOnce };
        return (await ApiNode.StartAsync(options, attention), attention);
    }

    /// <summary>The state of each job, with its position when it waits.</summary>
    private static async Task<string[]> StatesAsync(ApiNode node, params string[] ids)
    {
        var states = new List<string>();
        foreach (string id in ids)
        {
            JsonElement job = await node.Client.JobAsync(id);
            states.Add($"{job.GetProperty("state").GetString()} {job.GetProperty("position")}".TrimEnd());
        }

        return [.. states];
    }
}
