using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Tests.Versions;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Tests.Compute;

public sealed class WorkerActorTests : TestKit
{
    private readonly Worker _worker = new();
    private readonly ShardWeightTable _weights = new();
    private readonly IActorRef _actor;

    public WorkerActorTests()
        : base(StrictAkka.Settings)
    {
        _actor = Sys.ActorOf(Props.Create(() => new WorkerActor(
            "worker", _worker.Runner, 2, new MemoryShares(1 << 20, 1 << 21, 1 << 22), _worker.DataPlane, _weights)));
    }

    [Fact]
    public void A_task_is_answered_with_a_claim_for_its_partial()
    {
        _actor.Tell(_worker.Task(0, 1), TestActor);

        TaskDone done = ExpectMsg<TaskDone>();

        Assert.Equal(("job", 0, 1, 1), (done.Job, done.Block, done.Index, done.Attempt));
        Assert.Equal(done.Partial.ToClaim(), Assert.Single(_worker.DataPlane.Offered.Keys));
    }

    [Fact]
    public void Each_who_asks_gets_the_answer()
    {
        TestProbe other = CreateTestProbe();
        _actor.Tell(_worker.Task(0, 1), TestActor);
        _actor.Tell(_worker.Task(2, 1), other);

        Assert.Equal(0, ExpectMsg<TaskDone>().Block);
        Assert.Equal(2, other.ExpectMsg<TaskDone>().Block);
    }

    [Fact]
    public void A_task_that_fails_is_answered_with_cause_and_worker_and_the_next_one_runs()
    {
        _worker.DataPlane.BeforeRows = (_, _) => throw new DataPlaneException("no rows today");
        _actor.Tell(_worker.Task(0, 1, attempt: 2), TestActor);

        TaskFailed failed = ExpectMsg<TaskFailed>();
        _worker.DataPlane.BeforeRows = (_, _) => Task.CompletedTask;
        _actor.Tell(_worker.Task(0, 1, attempt: 3), TestActor);

        Assert.Equal(("job", 0, 1, 2), (failed.Job, failed.Block, failed.Index, failed.Attempt));
        Assert.Equal(("no rows today", "worker"), (failed.Reason, failed.Worker));
        Assert.Equal(3, ExpectMsg<TaskDone>().Attempt);
    }

    [Fact]
    public void A_task_with_an_invented_field_is_not_computed_and_that_is_not_the_tasks_fault()
    {
        _actor.Tell(Invented.In(_worker.Task(0, 1, attempt: 2)), TestActor);

        TaskFailed failed = ExpectMsg<TaskFailed>();
        _actor.Tell(_worker.Task(0, 1, attempt: 3), TestActor);

        Assert.StartsWith("message-not-understood: ", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(("job", 0, 1, 2, true, true),
            (failed.Job, failed.Block, failed.Index, failed.Attempt, failed.IsTransient, failed.IsNotUnderstood));
        Assert.Equal(3, ExpectMsg<TaskDone>().Attempt);
    }

    [Fact]
    public void A_worker_says_which_fields_of_tasks_it_knows()
    {
        _actor.Tell(new DescribeWorker(), TestActor);

        Assert.Equal(TaskFields.All.Order(StringComparer.Ordinal), ExpectMsg<WorkerDescription>().TaskFields.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_end_of_a_job_lets_its_rows_and_partials_go_and_those_of_another_stay()
    {
        _actor.Tell(_worker.Task(0, 1, job: "other"), TestActor);
        Claim other = ExpectMsg<TaskDone>().Partial.ToClaim();
        long ofOther = _worker.Runner.SegmentBytes;
        _actor.Tell(_worker.Task(0, 1), TestActor);
        Claim first = ExpectMsg<TaskDone>().Partial.ToClaim();

        _actor.Tell(new JobEnded { Job = "job" }, TestActor);
        _actor.Tell(_worker.Task(0, 1), TestActor);
        Claim second = ExpectMsg<TaskDone>().Partial.ToClaim();

        // The same attempt again: an answer that was kept would be the first one's, and rows that were kept would not be pulled again.
        Assert.NotEqual(first, second);
        Assert.Equal([other.Id, second.Id], _worker.DataPlane.Offered.Keys.Select(claim => claim.Id).Order());
        Assert.Equal(3, _worker.DataPlane.Pulled.Count(tensor => tensor == "k"));
        Assert.Equal(2 * ofOther, _worker.Runner.SegmentBytes);
    }

    [Fact]
    public void The_end_of_one_segment_lets_its_rows_go_alone()
    {
        ComputeTask task = _worker.Task(0, 1);
        _actor.Tell(task, TestActor);
        ExpectMsg<TaskDone>();
        long one = _worker.Runner.SegmentBytes;
        _actor.Tell(_worker.Task(0, 0), TestActor);
        ExpectMsg<TaskDone>();
        long both = _worker.Runner.SegmentBytes;

        _actor.Tell(new JobEnded { Job = "job", Segment = task.Segment }, TestActor);

        AwaitAssert(() => Assert.Equal(both - one, _worker.Runner.SegmentBytes), Patience.Limit);
        Assert.Equal(2, _worker.DataPlane.Offered.Count);
        _actor.Tell(task, TestActor);
        Assert.Equal(1, ExpectMsg<TaskDone>().Index);
    }

    [Fact]
    public async Task The_end_of_a_job_stops_its_task_which_is_then_answered_by_nobody()
    {
        var cancelled = new TaskCompletionSource();
        TaskCompletionSource begun = HoldRows(cancelled);
        _actor.Tell(_worker.Task(0, 1), TestActor);
        await begun.Task.InTime();

        _actor.Tell(new JobEnded { Job = "job" }, TestActor);

        await cancelled.Task.InTime();
        _actor.Tell(new DescribeWorker(), TestActor);
        ExpectMsg<WorkerDescription>();
        Assert.Empty(_worker.DataPlane.Offered);
    }

    [Fact]
    public async Task A_task_that_is_being_computed_is_not_begun_again()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _worker.DataPlane.BeforeRows = (_, _) =>
        {
            begun.TrySetResult();
            return release.Task;
        };
        _actor.Tell(_worker.Task(0, 1), TestActor);
        await begun.Task.InTime();

        TestProbe successor = CreateTestProbe();
        _actor.Tell(_worker.Task(0, 1), successor);
        release.SetResult();

        // Who has asked last gets the answer: another coordinator may have taken the job over.
        TaskDone done = successor.ExpectMsg<TaskDone>();
        Assert.Equal(done.Partial.ToClaim(), Assert.Single(_worker.DataPlane.Offered.Keys));
        ExpectNoMsg(0);
    }

    [Fact]
    public void A_task_that_was_answered_is_answered_the_same_again_while_its_partial_waits_and_computed_again_after()
    {
        _actor.Tell(_worker.Task(0, 1), TestActor);
        TaskDone first = ExpectMsg<TaskDone>();

        _actor.Tell(_worker.Task(0, 1), TestActor);
        Assert.Equal(first, ExpectMsg<TaskDone>());
        _worker.DataPlane.Release(first.Partial.ToClaim());
        _actor.Tell(_worker.Task(0, 1), TestActor);

        Assert.NotEqual(first.Partial, ExpectMsg<TaskDone>().Partial);
    }

    [Fact]
    public void A_task_that_is_not_wanted_any_more_frees_its_partial_even_if_its_answer_got_lost()
    {
        _actor.Tell(_worker.Task(0, 1), TestActor);
        ExpectMsg<TaskDone>();

        _actor.Tell(new CancelTask { Job = "job", Block = 0, Index = 1, Attempt = 1 }, TestActor);

        AwaitAssert(() => Assert.Empty(_worker.DataPlane.Offered), Patience.Limit);
    }

    [Fact]
    public async Task A_coordinator_that_ends_without_a_word_leaves_nothing_behind()
    {
        TestProbe coordinator = CreateTestProbe();
        _actor.Tell(_worker.Task(0, 1), coordinator);
        coordinator.ExpectMsg<TaskDone>();
        var cancelled = new TaskCompletionSource();
        TaskCompletionSource begun = HoldRows(cancelled);
        _actor.Tell(_worker.Task(0, 0), coordinator);
        await begun.Task.InTime();

        Sys.Stop(coordinator);

        await cancelled.Task.InTime();
        AwaitAssert(() => Assert.Empty(_worker.DataPlane.Offered), Patience.Limit);
        AwaitAssert(() => Assert.Equal(0, _worker.Runner.SegmentBytes), Patience.Limit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_failure_says_whether_it_may_pass(bool isTransient)
    {
        _worker.DataPlane.BeforeRows = (_, _) => throw new DataPlaneException("no rows today") { IsTransient = isTransient };
        _actor.Tell(_worker.Task(0, 1), TestActor);

        Assert.Equal(isTransient, ExpectMsg<TaskFailed>().IsTransient);
    }

    [Fact]
    public async Task An_actor_that_is_stopped_cancels_its_tasks()
    {
        var cancelled = new TaskCompletionSource();
        TaskCompletionSource begun = HoldRows(cancelled);
        _actor.Tell(_worker.Task(0, 1), TestActor);
        await begun.Task.InTime();

        Sys.Stop(_actor);

        await cancelled.Task.InTime();
    }

    [Fact]
    public async Task An_actor_that_is_stopped_before_it_answers_leaves_no_partial_behind()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _worker.DataPlane.AfterOffer = () =>
        {
            _actor.GracefulStop(Patience.Limit).GetAwaiter().GetResult();
            stopped.SetResult();
        };
        _actor.Tell(_worker.Task(0, 1), TestActor);

        await stopped.Task.InTime();

        AwaitCondition(() => _worker.DataPlane.Offered.IsEmpty, Patience.Limit);
    }

    [Fact]
    public async Task A_task_that_another_was_faster_at_is_stopped_and_answered_by_nobody()
    {
        var cancelled = new TaskCompletionSource();
        TaskCompletionSource begun = HoldRows(cancelled);
        _actor.Tell(_worker.Task(0, 1), TestActor);
        await begun.Task.InTime();

        _actor.Tell(new CancelTask { Job = "job", Block = 0, Index = 1, Attempt = 2 }, TestActor);
        Assert.False(cancelled.Task.IsCompleted);
        _actor.Tell(new CancelTask { Job = "job", Block = 0, Index = 1, Attempt = 1 }, TestActor);

        await cancelled.Task.InTime();
        _actor.Tell(new DescribeWorker(), TestActor);
        ExpectMsg<WorkerDescription>();
    }

    [Fact]
    public void A_worker_says_what_it_can_do_and_how_fast_it_was()
    {
        _actor.Tell(new DescribeWorker(), TestActor);
        WorkerDescription fresh = ExpectMsg<WorkerDescription>();
        ComputeTask task = _worker.Task(0, 1);
        task.Flops = 1e6;
        _actor.Tell(task, TestActor);
        ExpectMsg<TaskDone>();
        _actor.Tell(new DescribeWorker(), TestActor);
        WorkerDescription after = ExpectMsg<WorkerDescription>();

        Assert.Equal(("worker", 2, 1L << 20, 1L << 21, 1L << 22),
            (fresh.Name, fresh.Threads, fresh.SegmentBytesMax, fresh.QueryBytesMax, fresh.PartialBytesMax));
        Assert.Contains((int)KernelPath.Portable, fresh.Kernels);
        Assert.Equal((0, 0), (fresh.SegmentBytes, fresh.Gflops));
        Assert.True(after is { SegmentBytes: > 0, Gflops: > 0 });
    }

    [Fact]
    public async Task A_worker_that_leaves_says_so_finishes_what_it_has_and_gives_back_what_comes()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _worker.DataPlane.BeforeRows = (_, _) =>
        {
            begun.TrySetResult();
            return release.Task;
        };
        TestProbe asker = CreateTestProbe(), coordinator = CreateTestProbe();
        _actor.Tell(new DescribeWorker(), asker);
        asker.ExpectMsg<WorkerDescription>();
        _actor.Tell(_worker.Task(0, 1), coordinator);
        await begun.Task.InTime();

        _actor.Tell(WorkerActor.Leave.Instance, TestActor);
        Assert.True(asker.ExpectMsg<WorkerDescription>().IsLeaving);
        _actor.Tell(_worker.Task(0, 0), coordinator);
        TaskReturned returned = coordinator.ExpectMsg<TaskReturned>();
        release.SetResult();

        Assert.Equal(("job", 0, 0, 1, "worker"), (returned.Job, returned.Block, returned.Index, returned.Attempt, returned.Worker));
        Assert.Equal(1, coordinator.ExpectMsg<TaskDone>().Index);
        ExpectMsg<WorkerActor.Left>();
    }

    [Fact]
    public async Task A_worker_whose_time_is_up_gives_back_what_it_computes()
    {
        TaskCompletionSource begun = HoldRows();
        _actor.Tell(_worker.Task(0, 1), TestActor);
        await begun.Task.InTime();

        _actor.Tell(WorkerActor.Leave.Instance, TestActor);
        _actor.Tell(WorkerActor.LeaveNow.Instance, TestActor);

        Assert.Equal(1, ExpectMsg<TaskReturned>().Index);
        ExpectMsg<WorkerActor.Left>();
    }

    [Fact]
    public void Weights_of_shards_stay_as_long_as_their_job()
    {
        var weights = new ShardWeights { Job = "job" };
        weights.Shards.Add(new ShardWeight { Shard = "7", Flops = 3, Bytes = 5 });
        _actor.Tell(weights, TestActor);
        AwaitAssert(() => Assert.Equal(new SegmentLoad(3, 5), _weights.Sum()["7"]), Patience.Limit);

        _actor.Tell(new JobEnded { Job = "job" }, TestActor);

        AwaitAssert(() => Assert.Empty(_weights.Sum()), Patience.Limit);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _worker.Dispose();
    }

    /// <summary>Keeps every task at its loading until it is cancelled.</summary>
    /// <returns>Completes when the first one is there.</returns>
    private TaskCompletionSource HoldRows(TaskCompletionSource? cancelled = null)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _worker.DataPlane.BeforeRows = async (_, token) =>
        {
            using CancellationTokenRegistration registration = token.Register(() => cancelled?.TrySetResult());
            begun.TrySetResult();
            await Task.Delay(Timeout.Infinite, token);
        };
        return begun;
    }
}
