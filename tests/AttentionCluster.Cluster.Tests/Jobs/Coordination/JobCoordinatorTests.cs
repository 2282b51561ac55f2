using Akka.Actor;
using Akka.TestKit;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

public sealed class JobCoordinatorTests : CoordinatedJob
{
    /// <summary>Every task of the plan: three blocks of two KV heads, the last of which see all four segments.</summary>
    private int TaskCount => Worker.Plan.TaskCount;

    [Fact]
    public async Task A_worker_gets_the_tasks_of_the_plan_and_the_job_succeeds_with_the_bits_of_the_core()
    {
        Task<JobEnd> end = Start(inFlight: 3);
        for (int i = 0; i < TaskCount; i++)
        {
            ComputeTask task = WorkerActor.ExpectMsg<ComputeTask>();
            Assert.Equal(Worker.Task(task.Block, task.Segment.Segment), task);
            WorkerActor.Reply(await Worker.Runner.RunAsync(task, default).InTime());
        }

        JobEnd ended = await end.InTime();

        (float[] output, float[] lse) = CoreAttention.Compute(Worker.Plan, Worker.Query, Worker.Key, Worker.Value);
        Assert.Equal(JobState.Succeeded, ended.State);
        Assert.Equal((CoreAttention.Sha256(output), CoreAttention.Sha256(lse)), Result.Complete(default));
        Assert.Equal(Enumerable.Range(1, TaskCount), Progress.Select(progress => progress.TasksDone));
        Assert.Equal((0, 2), (ended.Tally.Retries, ended.Tally.Workers["worker"]));
        Assert.True(ended.Tally.KernelSeconds > 0 && ended.Tally.ComputeStart < ended.Tally.ComputeEnd);
    }

    [Fact]
    public async Task A_message_that_nobody_would_get_ends_the_job_with_the_reason()
    {
        JobEnd ended = await Start(inFlight: 3, name: new string('x', 1 << 20)).InTime();

        Assert.Equal((JobState.Failed, "message-too-large"), (ended.State, ended.Reason?.Code.Name()));
    }

    [Fact]
    public async Task No_more_tasks_are_out_than_allowed_and_a_merged_one_makes_room()
    {
        _ = Start(inFlight: 2);
        ComputeTask first = WorkerActor.ExpectMsg<ComputeTask>();
        WorkerActor.ExpectMsg<ComputeTask>();
        IActorRef coordinator = WorkerActor.Sender;
        WorkerActor.ExpectNoMsg(0);

        coordinator.Tell(await Worker.Runner.RunAsync(first, default).InTime());

        WorkerActor.ExpectMsg<ComputeTask>();
        WorkerActor.ExpectNoMsg(0);
    }

    [Fact]
    public void A_worker_that_does_not_know_a_field_of_the_tasks_gets_none_of_them()
    {
        _ = Start(inFlight: 1);
        WorkerActor.ExpectMsg<ComputeTask>();
        TestProbe older = CreateTestProbe(), equal = CreateTestProbe();
        WorkerDescription withoutScale = Description("older"), withoutSlopes = Description("equal");
        withoutScale.TaskFields.Remove("12");
        withoutSlopes.TaskFields.Remove("22");

        Coordinator.Tell(new WorkerRoster.WorkerUp(withoutScale, older));
        Coordinator.Tell(new WorkerRoster.WorkerUp(withoutSlopes, equal));
        Coordinator.Tell(new WorkerRoster.WorkerGone("worker"));

        equal.FishForMessage<ComputeTask>(_ => true, Patience.Limit);
        older.ExpectNoMsg(0);
    }

    [Fact]
    public void A_worker_that_does_not_understand_a_task_gets_no_more_of_the_job_and_another_goes_on()
    {
        _ = Start(inFlight: 1);
        ComputeTask task = WorkerActor.ExpectMsg<ComputeTask>();
        TestProbe other = CreateTestProbe();
        TaskFailed failed = Failure(task, "message-not-understood: it has fields that this version does not know");
        (failed.IsTransient, failed.IsNotUnderstood) = (true, true);

        WorkerActor.Reply(failed);
        Coordinator.Tell(new WorkerRoster.WorkerUp(Description("other"), other));

        ComputeTask again = other.FishForMessage<ComputeTask>(_ => true, Patience.Limit);
        Assert.Equal((task.Block, task.Segment.Segment), (again.Block, again.Segment.Segment));
        WorkerActor.ExpectNoMsg(0);
    }

    [Fact]
    public async Task A_cancelled_job_tells_its_worker_and_ends_cancelled()
    {
        Task<JobEnd> end = Start(inFlight: 3);
        for (int i = 0; i < 3; i++)
            WorkerActor.ExpectMsg<ComputeTask>();

        Jobs.Tell(new JobsSupervisor.Cancel("job"));

        Assert.Equal(JobState.Cancelled, (await end.InTime()).State);
        Assert.Equal("job", WorkerActor.ExpectMsg<JobEnded>().Job);
    }

    [Fact]
    public async Task A_task_that_fails_is_sent_again_to_the_only_worker()
    {
        Task<JobEnd> end = Start(inFlight: 1);
        ComputeTask task = WorkerActor.ExpectMsg<ComputeTask>();

        WorkerActor.Reply(Failure(task, "no rows today"));
        ComputeTask again = WorkerActor.ExpectMsg<ComputeTask>();

        Assert.Equal(2, again.Attempt);
        again.Attempt = 1;
        Assert.Equal(task, again);
        Jobs.Tell(new JobsSupervisor.Cancel("job"));
        Assert.Equal(1, (await end.InTime()).Tally.Retries);
    }

    [Fact]
    public async Task A_task_that_goes_on_failing_fails_the_job_with_its_cause_and_tells_its_worker()
    {
        Task<JobEnd> end = Start(inFlight: 1);
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            ComputeTask task = WorkerActor.ExpectMsg<ComputeTask>();
            WorkerActor.Reply(Failure(task, "no rows today"));
        }

        JobEnd ended = await end.InTime();

        Assert.Equal((JobState.Failed, "task-failed"), (ended.State, ended.Reason!.Code.Name()));
        Assert.EndsWith("failed 3 times, on worker, the last time: no rows today", ended.Reason.Message, StringComparison.Ordinal);
        WorkerActor.ExpectMsg<JobEnded>();
    }

    [Fact]
    public async Task A_partial_that_cannot_be_pulled_is_computed_again()
    {
        _ = Start(inFlight: 1);
        ComputeTask task = WorkerActor.ExpectMsg<ComputeTask>();
        TaskDone done = await Worker.Runner.RunAsync(task, default).InTime();
        Worker.DataPlane.Release(done.Partial.ToClaim());

        WorkerActor.Reply(done);

        ComputeTask again = WorkerActor.ExpectMsg<ComputeTask>();
        Assert.Equal((task.Block, task.Segment, 2), (again.Block, again.Segment, again.Attempt));
    }

    [Fact]
    public async Task A_second_partial_of_a_task_is_freed()
    {
        _ = Start(inFlight: 1);
        ComputeTask task = WorkerActor.ExpectMsg<ComputeTask>();
        TaskDone first = await Worker.Runner.RunAsync(task, default).InTime();
        TaskDone second = await Worker.Runner.RunAsync(task, default).InTime();

        WorkerActor.Reply(first);
        WorkerActor.Reply(second);
        WorkerActor.ExpectMsg<ComputeTask>();

        AwaitCondition(() => Worker.DataPlane.Offered.IsEmpty, Patience.Limit);
    }

    [Fact]
    public async Task A_job_ends_only_when_no_byte_is_on_its_way_any_more()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Worker.DataPlane.BeforePayload = (_, _) =>
        {
            begun.SetResult();
            return release.Task;
        };
        Task<JobEnd> end = Start(inFlight: 1);
        WorkerActor.Reply(await Worker.Runner.RunAsync(WorkerActor.ExpectMsg<ComputeTask>(), default).InTime());
        await begun.Task.InTime();

        Jobs.Tell(new JobsSupervisor.Cancel("job"));
        WorkerActor.ExpectMsg<JobEnded>();
        Assert.False(end.IsCompleted);
        release.SetResult();

        Assert.Equal(JobState.Cancelled, (await end.InTime()).State);
    }

    [Fact]
    public async Task Rows_that_cannot_be_written_fail_the_job()
    {
        Result.Dispose();
        Task<JobEnd> end = Start(inFlight: TaskCount);
        for (int i = 0; i < 4; i++)
            WorkerActor.Reply(await Worker.Runner.RunAsync(WorkerActor.ExpectMsg<ComputeTask>(), default).InTime());

        Assert.Equal("store-not-writable", (await end.InTime()).Reason!.Code.Name());
    }

    [Fact]
    public async Task A_coordinator_that_is_stopped_tells_who_waits()
    {
        Task<JobEnd> end = Start(inFlight: 1);
        WorkerActor.ExpectMsg<ComputeTask>();

        Sys.Stop(Jobs);

        JobEnd ended = await end.InTime();
        Assert.Equal((JobState.Failed, "node-stopped"), (ended.State, ended.Reason!.Code.Name()));
    }

    [Fact]
    public async Task A_second_job_of_the_same_id_is_refused_and_the_first_goes_on()
    {
        Task<JobEnd> first = Start(inFlight: 1);
        WorkerActor.ExpectMsg<ComputeTask>();

        JobEnd second = await StartWithoutWorker(inFlight: 1).InTime();

        Assert.Equal((JobState.Failed, "job-id-in-use"), (second.State, second.Reason!.Code.Name()));
        Assert.False(first.IsCompleted);
        Jobs.Tell(new JobsSupervisor.Cancel("job"));
        Assert.Equal(JobState.Cancelled, (await first.InTime()).State);
    }

    [Fact]
    public void A_job_that_has_ended_can_be_cancelled_without_effect()
    {
        Jobs.Tell(new JobsSupervisor.Cancel("never heard of"));

        _ = Start(inFlight: 1);
        WorkerActor.ExpectMsg<ComputeTask>();
    }
}
