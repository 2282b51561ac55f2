using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using static AttentionCluster.Cluster.Tests.Jobs.Coordination.EffectTranscript;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>Transcripts of jobs whose tasks fail, are late, or are lost with their workers.</summary>
public sealed class CoordinatorFailureTests
{
    private static readonly JobLimits Wide = new(TasksInFlight: 100, PartialsMax: 1000);

    [Fact]
    public void A_failed_task_is_sent_again_and_fails_the_job_at_the_last_attempt_with_cause_and_worker()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 2), Wide with { AttemptsMax = 3 });
        job.Start();

        Assert.Equal(["dispatch 0/1 again (2)"], Words(job.Failed(TaskId.Of(0, 1), 1, "worker", "no memory", isTransient: false)));
        Assert.Equal(["dispatch 0/1 again (3)"], Words(job.Failed(TaskId.Of(0, 1), 2, "worker", "no memory", isTransient: false)));
        Assert.Equal(
            ["fail: query block 0 against segment 1 failed 3 times, on worker, the last time: no disk"],
            Words(job.Failed(TaskId.Of(0, 1), 3, "worker", "no disk", isTransient: false)));
        Assert.Equal(2, job.State.Retries);
    }

    [Fact]
    public void A_failure_of_an_earlier_attempt_changes_nothing()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 1), Wide);
        job.Start();
        job.Failed(TaskId.Of(0, 0), 1, "worker", "why", isTransient: false);

        Assert.Equal([], Words(job.Failed(TaskId.Of(0, 0), 1, "worker", "why", isTransient: false)));
        Assert.Equal(["pull 0/0 by 1", "cancel 0/0"], Words(job.Done(TaskId.Of(0, 0), Claim(1))));
        Assert.Equal([], Words(job.Failed(TaskId.Of(0, 0), 2, "worker", "too late", isTransient: false)));
        Assert.Equal(1, job.State.Retries);
    }

    [Fact]
    public void A_partial_that_cannot_be_pulled_is_computed_again()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 1), Wide);
        job.Start();
        job.Done(TaskId.Of(0, 0), Claim(1));

        Assert.Equal(["discard 1"], Words(job.Step(new JobEvent.PullFailed(TaskId.Of(0, 0), "worker", "connection refused"))));
        Assert.Equal(["dispatch 0/0 again (2)"], Words(job.After(seconds: 1)));
        Assert.Equal([], Words(job.Done(TaskId.Of(0, 0), Claim(1))));
        Assert.Equal(["pull 0/0 by 2"], Words(job.Done(TaskId.Of(0, 0), Claim(2), attempt: 2)));
        Assert.Equal(["merge 0/0: and write"], Words(job.Step(new JobEvent.Pulled(TaskId.Of(0, 0)))));
    }

    [Fact]
    public void Transient_failures_fail_no_job_and_a_worker_that_has_them_backs_off_longer_each_time()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 1), Wide with { AttemptsMax = 1 });
        job.Start();
        var backoffs = new List<double>();
        for (int attempt = 1; attempt <= 9; attempt++)
        {
            Assert.Equal([], Words(job.Failed(TaskId.Of(0, 0), attempt, "worker", "no route", isTransient: true)));
            double failedAt = job.Now.TotalSeconds;
            while (job.After(seconds: 0.05).Count == 0)
            {
            }

            backoffs.Add(job.Now.TotalSeconds - failedAt);
        }

        Assert.Equal([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5], backoffs.Select(backoff => Math.Round(backoff, 1)));
    }

    [Fact]
    public void A_worker_that_backs_off_gets_no_task_while_another_can()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 3), new JobLimits(TasksInFlight: 1, PartialsMax: 1000));
        job.Step(new JobEvent.WorkerUp("broken", new WorkerCapacity(1, 1, 1)));
        job.Step(new JobEvent.WorkerUp("sound", new WorkerCapacity(1, 1, 1)));

        Assert.Equal(["dispatch 0/0 at sound again (2)"], Words(job.Failed(TaskId.Of(0, 0), 1, "broken", "no route", isTransient: true)));
    }

    [Fact]
    public void A_job_of_whose_tasks_nothing_comes_fails_in_the_end_and_says_what_was_the_matter()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 2), Wide with { ProgressTimeout = TimeSpan.FromSeconds(60) });
        job.Start();
        job.After(seconds: 50);
        job.Done(TaskId.Of(0, 1), Claim(1));
        job.Failed(TaskId.Of(0, 0), 1, "worker", "no route", isTransient: true);
        job.After(seconds: 59);

        Assert.Equal(
            ["fail: nothing has come of any task for 60 s; workers: 1; the latest failure: worker: no route"],
            Words(job.After(seconds: 1)));
    }

    [Fact]
    public void A_task_that_is_not_answered_is_asked_for_again_less_and_less_often()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 1), Wide);
        job.Start();
        var asked = new List<double>();
        for (int second = 1; second <= 130; second++)
        {
            foreach (string effect in Words(job.After(seconds: 1)))
            {
                Assert.Equal("ask again for 0/0", effect);
                asked.Add(second);
            }
        }

        Assert.Equal([2, 4, 8, 16, 32, 62, 92, 122], asked);
        Assert.Equal(["pull 0/0 by 7"], Words(job.Done(TaskId.Of(0, 0), Claim(7))));
        Assert.Equal(0, job.State.Retries);
    }

    [Fact]
    public void A_task_that_is_overdue_goes_to_another_worker_too_and_the_first_answer_counts()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 2), Wide);
        job.Step(new JobEvent.WorkerUp("ann", new WorkerCapacity(1, 1, 2)));
        job.Step(new JobEvent.WorkerUp("bob", new WorkerCapacity(1, 2, 2)));
        job.Done(TaskId.Of(0, 1), Claim(1), worker: "bob");

        Assert.Equal(["ask again for 0/0 at ann", "dispatch 0/0 at bob again (2)"], Words(job.After(seconds: 3)));
        Assert.Equal(["pull 0/0 by 2", "cancel 0/0 at ann"], Words(job.Done(TaskId.Of(0, 0), Claim(2), attempt: 2, worker: "bob")));
        Assert.Equal(0, job.State.Tally(job.Now).TilesRecomputed);
        Assert.Equal(["discard 3"], Words(job.Done(TaskId.Of(0, 0), Claim(3), worker: "ann")));
        Assert.Equal(1, job.State.Tally(job.Now).TilesRecomputed);
    }

    [Fact]
    public void A_task_that_is_with_many_workers_as_they_are_lost_fails_the_job_before_it_ends_them_all()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 1), Wide with { LossesMax = 3 });
        foreach (string worker in new[] { "ann", "bob", "cay", "dan" })
            job.Step(new JobEvent.WorkerUp(worker, new WorkerCapacity(1, 1, 1)));

        Assert.Equal(["dispatch 0/0 at bob again (2)"], Words(job.Step(new JobEvent.WorkerGone("ann"))));
        Assert.Equal(["dispatch 0/0 at cay again (3)"], Words(job.Step(new JobEvent.WorkerGone("bob"))));
        Assert.Equal(
            ["fail: query block 0 against segment 0 was with 3 workers as they were lost, and may be why: ann, bob, cay"],
            Words(job.Step(new JobEvent.WorkerGone("cay"))));
    }

    [Fact]
    public void A_worker_that_comes_back_answers_late_and_does_no_harm()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 2), Wide);
        job.Step(new JobEvent.WorkerUp("ann", new WorkerCapacity(1, 1, 1)));
        job.Step(new JobEvent.WorkerUp("bob", new WorkerCapacity(1, 2, 2)));
        Assert.Equal(["dispatch 0/0 at bob again (2)"], Words(job.Step(new JobEvent.WorkerGone("ann"))));
        job.Step(new JobEvent.WorkerUp("ann", new WorkerCapacity(1, 1, 1)));

        Assert.Equal(["pull 0/0 by 1", "cancel 0/0 at bob"], Words(job.Done(TaskId.Of(0, 0), Claim(1), worker: "ann")));
        Assert.Equal(["discard 2"], Words(job.Done(TaskId.Of(0, 0), Claim(2), attempt: 2, worker: "bob")));
    }

    [Fact]
    public void A_task_fails_the_job_after_a_few_failures_with_all_workers_that_saw_it()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 1), Wide with { AttemptsMax = 3 });
        foreach (string worker in new[] { "ann", "bob", "cay" })
            job.Step(new JobEvent.WorkerUp(worker, new WorkerCapacity(1, 1, 1)));
        job.Failed(TaskId.Of(0, 0), 1, "ann", "bad rows", isTransient: false);
        job.Failed(TaskId.Of(0, 0), 2, "bob", "bad rows", isTransient: false);

        Assert.Equal(
            ["fail: query block 0 against segment 0 failed 3 times, on ann, bob, cay, the last time: bad rows"],
            Words(job.Failed(TaskId.Of(0, 0), 3, "cay", "bad rows", isTransient: false)));
    }
}
