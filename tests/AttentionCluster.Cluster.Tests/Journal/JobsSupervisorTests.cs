using Akka.Actor;
using Akka.TestKit;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Tests.Journal;

/// <summary>The parent of the entities of jobs that outlive their gateway.</summary>
public sealed class JobsSupervisorTests() : JournaledJob(new JournalOptions())
{
    [Fact]
    public void A_job_has_one_entity_until_that_has_stopped_and_messages_meanwhile_reach_the_next()
    {
        IActorRef jobs = Supervisor(_ => Props.Empty);
        TestProbe asker = CreateTestProbe();
        IActorRef first = Open(jobs, asker);
        Assert.Equal(first, Open(jobs, asker));

        jobs.Tell(JobsSupervisor.EntityDone.Instance, first);
        IActorRef second = Open(jobs, asker);

        Assert.Equal((first.Path.ToString(), false), (second.Path.ToString(), second.Equals(first)));
    }

    [Fact]
    public async Task An_entity_whose_journal_is_removed_stops()
    {
        IActorRef jobs = Supervisor(_ => Props.Empty);
        IActorRef entity = Open(jobs, CreateTestProbe());
        Watch(entity);

        await jobs.Ask<JobEntity.Answer>(new JobEntity.Forget("job"), Patience.Limit);

        ExpectTerminated(entity, Patience.Limit);
    }

    [Fact]
    public async Task A_job_ends_with_its_entity_when_that_fails_and_can_be_asked_for_again()
    {
        IActorRef jobs = Supervisor(_ => throw new InvalidOperationException("no such coordinator"));
        JobRun run = NewRun("owner");

        jobs.Tell(new JobEntity.Run("owner", "job", run, IsAnew: true));

        JobEnd ended = await run.End.Task.InTime();
        Assert.Equal((JobState.Failed, "coordinator-failed"), (ended.State, ended.Reason!.Code.Name()));
        Assert.Contains("no such coordinator", ended.Reason.Message, StringComparison.Ordinal);
        Open(jobs, CreateTestProbe());
    }

    [Fact]
    public async Task Jobs_that_outlive_the_gateway_and_jobs_that_do_not_may_have_the_same_id()
    {
        IActorRef jobs = Supervisor(_ => Props.Empty);
        JobRun call = NewRun(owner: null), durable = NewRun("owner"), again = NewRun("owner");

        jobs.Tell(new JobsSupervisor.Start(call));
        jobs.Tell(new JobEntity.Run("owner", "job", durable, IsAnew: true));
        jobs.Tell(new JobEntity.Run("owner", "job", again, IsAnew: true));

        Assert.Equal("job-id-in-use", (await again.End.Task.InTime()).Reason!.Code.Name());
        Assert.Equal((false, false), (call.End.Task.IsCompleted, durable.End.Task.IsCompleted));
    }

    private IActorRef Supervisor(Func<JobRun, Props> coordinators) =>
        Sys.ActorOf(Props.Create(() => new JobsSupervisor(ActorRefs.Nobody, ActorRefs.Nobody, Removal, coordinators)));

    /// <summary>Asks how far the job is.</summary>
    /// <returns>Who answers.</returns>
    private static IActorRef Open(IActorRef jobs, TestProbe asker)
    {
        jobs.Tell(new JobEntity.Open("job"), asker);
        asker.ExpectMsg<JobHistory>(Patience.Limit);
        return asker.LastSender;
    }
}
