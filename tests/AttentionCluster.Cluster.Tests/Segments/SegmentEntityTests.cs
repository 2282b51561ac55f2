using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Segments;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Tests.Segments;

public sealed class SegmentEntityTests : TestKit
{
    private readonly Worker _worker = new();
    private readonly TestProbe _shard;
    private readonly IActorRef _entity;

    public SegmentEntityTests()
        : base(StrictAkka.Settings)
    {
        _shard = CreateTestProbe();
        _entity = _shard.ChildActorOf(Props.Create(() => new SegmentEntity(_worker.Runner, _worker.DataPlane, "worker")));
    }

    [Fact]
    public void A_task_is_answered_with_a_claim_for_its_partial()
    {
        _entity.Tell(_worker.Task(0, 1), TestActor);

        TaskDone done = ExpectMsg<TaskDone>();

        Assert.Equal(("job", 0, 1, 1), (done.Job, done.Block, done.Segment, done.Attempt));
        Assert.Equal(done.Partial.ToClaim(), Assert.Single(_worker.DataPlane.Offered.Keys));
    }

    [Fact]
    public void Each_who_asks_gets_the_answer()
    {
        TestProbe other = CreateTestProbe();
        _entity.Tell(_worker.Task(0, 1), TestActor);
        _entity.Tell(_worker.Task(2, 1), other);

        Assert.Equal(0, ExpectMsg<TaskDone>().Block);
        Assert.Equal(2, other.ExpectMsg<TaskDone>().Block);
    }

    [Fact]
    public void A_task_that_fails_is_answered_with_cause_and_worker_and_the_next_one_runs()
    {
        _worker.DataPlane.BeforeRows = (_, _) => throw new DataPlaneException("no rows today");
        _entity.Tell(_worker.Task(0, 1, attempt: 2), TestActor);

        TaskFailed failed = ExpectMsg<TaskFailed>();
        _worker.DataPlane.BeforeRows = (_, _) => Task.CompletedTask;
        _entity.Tell(_worker.Task(0, 1, attempt: 3), TestActor);

        Assert.Equal(("job", 0, 1, 2), (failed.Job, failed.Block, failed.Segment, failed.Attempt));
        Assert.Equal(("no rows today", "worker"), (failed.Reason, failed.Worker));
        Assert.Equal(3, ExpectMsg<TaskDone>().Attempt);
    }

    [Fact]
    public void The_end_of_its_job_lets_rows_and_partials_go_and_stops_the_entity()
    {
        _entity.Tell(_worker.Task(0, 1), TestActor);
        ExpectMsg<TaskDone>();

        _entity.Tell(new JobEnded { Job = "job", Segment = _worker.Task(0, 1).Segment }, TestActor);

        Assert.IsType<PoisonPill>(_shard.ExpectMsg<Passivate>().StopMessage);
        Assert.Empty(_worker.DataPlane.Offered);
        Assert.Equal(0, _worker.Runner.SegmentBytes);
    }

    [Fact]
    public async Task The_end_of_its_job_stops_a_task_that_runs_which_is_then_answered_by_nobody()
    {
        TaskCompletionSource begun = HoldRows();
        _entity.Tell(_worker.Task(0, 1), TestActor);
        await begun.Task.InTime();

        _entity.Tell(new JobEnded { Job = "job", Segment = _worker.Task(0, 1).Segment }, TestActor);

        _shard.ExpectMsg<Passivate>();
        ExpectNoMsg(0);
        Assert.Empty(_worker.DataPlane.Offered);
    }

    [Fact]
    public async Task A_task_that_is_being_computed_is_not_begun_again()
    {
        TaskCompletionSource begun = HoldRows();
        _entity.Tell(_worker.Task(0, 1), TestActor);
        await begun.Task.InTime();

        _entity.Tell(_worker.Task(0, 1), TestActor);

        Assert.Equal("this task is being computed already", ExpectMsg<TaskFailed>().Reason);
    }

    [Fact]
    public async Task An_entity_that_is_stopped_cancels_its_tasks()
    {
        var cancelled = new TaskCompletionSource();
        TaskCompletionSource begun = HoldRows(cancelled);
        _entity.Tell(_worker.Task(0, 1), TestActor);
        await begun.Task.InTime();

        Sys.Stop(_entity);

        await cancelled.Task.InTime();
    }

    [Fact]
    public async Task An_entity_that_is_stopped_before_it_answers_leaves_no_partial_behind()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _worker.DataPlane.AfterOffer = () =>
        {
            _entity.GracefulStop(Patience.Limit).GetAwaiter().GetResult();
            stopped.SetResult();
        };
        _entity.Tell(_worker.Task(0, 1), TestActor);

        await stopped.Task.InTime();

        AwaitCondition(() => _worker.DataPlane.Offered.IsEmpty, Patience.Limit);
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
