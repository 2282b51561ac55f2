using Akka.Actor;
using Akka.TestKit.Xunit2;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>Coordinators that can't be made, or die: their jobs end with a reason.</summary>
public sealed class FailedCoordinatorTests() : TestKit(StrictAkka.Settings)
{
    private readonly Worker _worker = new();

    protected override void AfterAll()
    {
        base.AfterAll();
        _worker.Dispose();
    }

    [Fact]
    public async Task One_that_cannot_be_made_ends_its_job_and_the_next_one_of_that_id_is_tried()
    {
        IActorRef jobs = Sys.ActorOf(
            Props.Create(() => new JobsSupervisor(TestActor, TestActor, ActorRefs.Nobody, _ => Props.Create(() => new Unmade()))));
        for (int time = 0; time < 2; time++)
        {
            JobRun run = Run();
            jobs.Tell(new JobsSupervisor.Start(run));

            JobEnd ended = await run.End.Task.InTime();

            Assert.Equal((JobState.Failed, "coordinator-failed"), (ended.State, ended.Reason!.Code.Name()));
            Assert.Contains(Unmade.Cause, ended.Reason.Message, StringComparison.Ordinal);
            await AwaitConditionAsync(() => Sys.ActorSelection(jobs.Path / "job")
                .ResolveOne(TimeSpan.FromSeconds(5))
                .ContinueWith(found => found.IsFaulted, TaskScheduler.Default));
        }
    }

    [Fact]
    public async Task One_that_dies_of_a_message_ends_its_job_for_good_and_does_not_leave_it_to_another_gateway()
    {
        IActorRef jobs = Sys.ActorOf(Props.Create(() => new JobsSupervisor(TestActor, TestActor, ActorRefs.Nobody, null)));
        JobRun run = Run();
        jobs.Tell(new JobsSupervisor.Start(run));
        ExpectMsg<WorkerRoster.Subscribe>();
        var claim = new TaskDone { Block = int.MaxValue, Worker = "worker" };

        LastSender.Tell(claim);

        JobEnd ended = await run.End.Task.InTime();
        Assert.Equal((JobState.Failed, "coordinator-failed"), (ended.State, ended.Reason!.Code.Name()));
    }

    private JobRun Run() => new(
        new JobRequest("job", _worker.Query, _worker.Key, _worker.Value, _worker.Plan.Options), _worker.Plan, SegmentBytes: 1,
        new JobLimits(TasksInFlight: 1, PartialsMax: 1000), _worker.DataPlane, null!, TimeProvider.System, null,
        new TaskCompletionSource<JobEnd>(TaskCreationOptions.RunContinuationsAsynchronously));
}
