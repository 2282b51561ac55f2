using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using static AttentionCluster.Cluster.Tests.Jobs.EffectTranscript;

namespace AttentionCluster.Cluster.Tests.Jobs;

/// <summary>Transcripts: a plan of so many blocks and segments, what happens, and what the coordinator wants done.</summary>
public sealed class CoordinatorStateTests
{
    private static readonly JobLimits Wide = new(TasksInFlight: 100, PartialsMax: 1000);

    [Fact]
    public void A_job_of_one_task_is_sent_pulled_written_and_done()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 1), Wide);

        Assert.Equal(["dispatch 0/0"], Words(Start(job)));
        Assert.Equal(["pull 0/0 by 7"], Words(Done(job, new(0, 0), Claim(7))));
        Assert.Equal(["merge 0/0: and write"], Words(job.Pulled(new(0, 0))));
        Assert.Equal(["succeed"], Words(job.Merged(0, new TaskId(0, 0))));
        Assert.Equal((1, 4.0, 0), (job.TasksDone, job.FlopsDone, job.Retries));
    }

    [Fact]
    public void Partials_merge_by_the_tree_in_whatever_order_they_come()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 4), Wide);
        Start(job);

        Assert.Equal(["merge 0/3:"], Arrive(job, 0, 3));
        Assert.Equal([], Words(job.Merged(0, new TaskId(0, 3))));
        Assert.Equal(["merge 0/0:"], Arrive(job, 0, 0));
        Assert.Equal([], Words(job.Merged(0, new TaskId(0, 0))));
        Assert.Equal(["merge 0/2: 2+3"], Arrive(job, 0, 2));
        Assert.Equal([], Words(job.Merged(0, new TaskId(0, 2))));
        Assert.Equal(["merge 0/1: 0+1 0+2 and write"], Arrive(job, 0, 1));
        Assert.Equal(["succeed"], Words(job.Merged(0, new TaskId(0, 1))));
    }

    [Fact]
    public void A_block_has_one_merge_at_a_time_and_the_others_wait()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 3), Wide);
        Start(job);

        Assert.Equal(["merge 0/0:"], Arrive(job, 0, 0));
        Assert.Equal([], Arrive(job, 0, 2));
        Assert.Equal([], Arrive(job, 0, 1));
        Assert.Equal(["merge 0/2:"], Words(job.Merged(0, new TaskId(0, 0))));
        Assert.Equal(["merge 0/1: 0+1 0+2 and write"], Words(job.Merged(0, new TaskId(0, 2))));
    }

    [Fact]
    public void Blocks_merge_side_by_side()
    {
        var job = Job(Plans.Grid(blocks: 2, segments: 1), Wide);
        Start(job);

        Assert.Equal(["merge 1/0: and write"], Arrive(job, 1, 0));
        Assert.Equal(["merge 0/0: and write"], Arrive(job, 0, 0));
        Assert.Equal([], Words(job.Merged(1, new TaskId(1, 0))));
        Assert.Equal(["succeed"], Words(job.Merged(0, new TaskId(0, 0))));
    }

    [Fact]
    public void No_more_tasks_are_in_flight_than_allowed_until_one_is_merged()
    {
        var job = Job(Plans.Grid(blocks: 2, segments: 2), new JobLimits(TasksInFlight: 3, PartialsMax: 1000));

        Assert.Equal(["dispatch 0/0", "dispatch 0/1", "dispatch 1/0"], Words(Start(job)));
        Assert.Equal(["merge 0/1:"], Arrive(job, 0, 1));
        Assert.Equal(["dispatch 1/1"], Words(job.Merged(0, new TaskId(0, 1))));
    }

    [Fact]
    public void Workers_hear_of_it_when_the_last_task_of_a_segment_is_merged()
    {
        var job = Job(Plans.Grid(blocks: 2, segments: 2), Wide);
        Start(job);
        foreach ((int block, int segment) in new[] { (0, 0), (0, 1), (1, 0) })
            Arrive(job, block, segment);

        Assert.Empty(Released(job.Merged(0, new TaskId(0, 0))));
        Assert.Empty(Released(job.Merged(0, new TaskId(0, 1))));
        Assert.Equal([(new SegmentId(0, 0, 0), "worker")], Released(job.Merged(1, new TaskId(1, 0))));
        Done(job, new(1, 1), Claim(9));
        Assert.Empty(Released(job.PullFailed(new(1, 1), "gone", "worker")));
    }

    [Fact]
    public void A_second_answer_is_freed_and_changes_nothing()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 2), Wide);
        Start(job);
        Done(job, new(0, 0), Claim(1));

        Assert.Equal(["discard 2"], Words(Done(job, new(0, 0), Claim(2))));
        Assert.Equal(["merge 0/0:"], Words(job.Pulled(new(0, 0))));
        Assert.Equal(["discard 3"], Words(Done(job, new(0, 0), Claim(3))));
        job.Merged(0, new TaskId(0, 0));
        Assert.Equal(["discard 4"], Words(Done(job, new(0, 0), Claim(4))));
    }

    [Fact]
    public void The_same_answer_again_does_not_free_the_bytes_that_are_being_pulled()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 2), Wide);
        Start(job);
        Done(job, new(0, 0), Claim(1));

        Assert.Equal([], Words(Done(job, new(0, 0), Claim(1))));
        Assert.Equal(["merge 0/0:"], Words(job.Pulled(new(0, 0))));
        Assert.Equal([], Words(Done(job, new(0, 0), Claim(1))));
        Assert.Equal(["discard 2"], Words(Done(job, new(0, 0), Claim(2))));
        Assert.Equal([], Words(Done(job, new(0, 0), Claim(2))));
    }

    [Fact]
    public void An_answer_that_nobody_asked_for_is_freed()
    {
        var job = Job(Plans.Grid(blocks: 2, segments: 2), new JobLimits(1, 1000));
        Start(job);

        Assert.Equal(["discard 1"], Words(Done(job, new(1, 1), Claim(1))));
        Assert.Equal(["discard 2"], Words(Done(job, new(99, -1), Claim(2))));
        Assert.Equal([], Words(job.TaskFailed(new(1, 1), 1, "why", "worker", isPassing: false)));
    }

    [Fact]
    public void A_failed_task_is_sent_again_and_fails_the_job_at_the_last_attempt_with_cause_and_worker()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 2), Wide with { AttemptsMax = 3 });
        Start(job);

        Assert.Equal(["dispatch 0/1 again (2)"], Words(job.TaskFailed(new(0, 1), 1, "no memory", "worker", isPassing: false)));
        Assert.Equal(["dispatch 0/1 again (3)"], Words(job.TaskFailed(new(0, 1), 2, "no memory", "worker", isPassing: false)));
        Assert.Equal(
            ["fail: query block 0 against segment 1 failed 3 times, on worker, the last time: no disk"],
            Words(job.TaskFailed(new(0, 1), 3, "no disk", "worker", isPassing: false)));
        Assert.Equal(2, job.Retries);
    }

    [Fact]
    public void A_failure_of_an_earlier_attempt_changes_nothing()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 1), Wide);
        Start(job);
        job.TaskFailed(new(0, 0), 1, "why", "worker", isPassing: false);

        Assert.Equal([], Words(job.TaskFailed(new(0, 0), 1, "why", "worker", isPassing: false)));
        Assert.Equal(["pull 0/0 by 1", "cancel 0/0"], Words(Done(job, new(0, 0), Claim(1))));
        Assert.Equal([], Words(job.TaskFailed(new(0, 0), 2, "too late", "worker", isPassing: false)));
        Assert.Equal(1, job.Retries);
    }

    [Fact]
    public void A_partial_that_cannot_be_pulled_is_computed_again()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 1), Wide);
        Start(job);
        Done(job, new(0, 0), Claim(1));

        Assert.Equal(["discard 1"], Words(job.PullFailed(new(0, 0), "connection refused", "worker")));
        Assert.Equal(["dispatch 0/0 again (2)"], Words(After(job, seconds: 1)));
        Assert.Equal([], Words(Done(job, new(0, 0), Claim(1))));
        Assert.Equal(["pull 0/0 by 2"], Words(Done(job, new(0, 0), Claim(2), attempt: 2)));
        Assert.Equal(["merge 0/0: and write"], Words(job.Pulled(new(0, 0))));
    }

    [Fact]
    public void Troubles_of_machines_fail_no_job_and_a_worker_that_has_them_rests_longer_each_time()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 1), Wide with { AttemptsMax = 1 });
        Start(job);
        var rests = new List<double>();
        for (int attempt = 1; attempt <= 9; attempt++)
        {
            Assert.Equal([], Words(job.TaskFailed(new(0, 0), attempt, "no route", "worker", isPassing: true)));
            double failedAt = job.Now.TotalSeconds;
            while (After(job, seconds: 0.05).Count == 0)
            {
            }

            rests.Add(job.Now.TotalSeconds - failedAt);
        }

        Assert.Equal([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5], rests.Select(rest => Math.Round(rest, 1)));
    }

    [Fact]
    public void A_worker_with_trouble_gets_no_task_while_another_can()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 3), new JobLimits(TasksInFlight: 1, PartialsMax: 1000));
        job.WorkerUp("broken", new WorkerCapacity(1, 1, 1));
        job.WorkerUp("sound", new WorkerCapacity(1, 1, 1));

        Assert.Equal(["dispatch 0/0 at sound again (2)"], Words(job.TaskFailed(new(0, 0), 1, "no route", "broken", isPassing: true)));
    }

    [Fact]
    public void A_job_of_whose_tasks_nothing_comes_fails_in_the_end_and_says_what_was_the_matter()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 2), Wide with { ProgressTimeout = TimeSpan.FromSeconds(60) });
        Start(job);
        After(job, seconds: 50);
        Done(job, new(0, 1), Claim(1));
        job.TaskFailed(new(0, 0), 1, "no route", "worker", isPassing: true);
        After(job, seconds: 59);

        Assert.Equal(
            ["fail: nothing has come of any task for 60 s; workers: 1; the latest trouble: worker: no route"],
            Words(After(job, seconds: 1)));
    }

    [Fact]
    public void A_task_that_is_not_answered_is_asked_for_again_less_and_less_often()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 1), Wide);
        Start(job);
        var asked = new List<double>();
        for (int second = 1; second <= 130; second++)
        {
            foreach (string effect in Words(After(job, seconds: 1)))
            {
                Assert.Equal("ask again for 0/0", effect);
                asked.Add(second);
            }
        }

        Assert.Equal([2, 4, 8, 16, 32, 62, 92, 122], asked);
        Assert.Equal(["pull 0/0 by 7"], Words(Done(job, new(0, 0), Claim(7))));
        Assert.Equal(0, job.Retries);
    }

    [Fact]
    public void A_task_that_is_late_goes_to_another_worker_too_and_the_first_answer_counts()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 2), Wide);
        job.WorkerUp("ann", new WorkerCapacity(1, 1, 2));
        job.WorkerUp("bob", new WorkerCapacity(1, 2, 2));
        Done(job, new(0, 1), Claim(1), worker: "bob");

        Assert.Equal(["ask again for 0/0 at ann", "dispatch 0/0 at bob again (2)"], Words(After(job, seconds: 3)));
        Assert.Equal(["pull 0/0 by 2", "cancel 0/0 at ann"], Words(Done(job, new(0, 0), Claim(2), attempt: 2, worker: "bob")));
        Assert.Equal(0, job.TilesRecomputed);
        Assert.Equal(["discard 3"], Words(Done(job, new(0, 0), Claim(3), worker: "ann")));
        Assert.Equal(1, job.TilesRecomputed);
    }

    [Fact]
    public void A_task_that_is_with_many_workers_as_they_are_lost_fails_the_job_before_it_ends_them_all()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 1), Wide with { LossesMax = 3 });
        foreach (string worker in new[] { "ann", "bob", "cay", "dan" })
            job.WorkerUp(worker, new WorkerCapacity(1, 1, 1));

        Assert.Equal(["dispatch 0/0 at bob again (2)"], Words(job.WorkerGone("ann")));
        Assert.Equal(["dispatch 0/0 at cay again (3)"], Words(job.WorkerGone("bob")));
        Assert.Equal(
            ["fail: query block 0 against segment 0 was with 3 workers as they were lost, and may be why: ann, bob, cay"],
            Words(job.WorkerGone("cay")));
    }

    [Fact]
    public void A_worker_that_comes_back_answers_late_and_does_no_harm()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 2), Wide);
        job.WorkerUp("ann", new WorkerCapacity(1, 1, 1));
        job.WorkerUp("bob", new WorkerCapacity(1, 2, 2));
        Assert.Equal(["dispatch 0/0 at bob again (2)"], Words(job.WorkerGone("ann")));
        job.WorkerUp("ann", new WorkerCapacity(1, 1, 1));

        Assert.Equal(["pull 0/0 by 1", "cancel 0/0 at bob"], Words(Done(job, new(0, 0), Claim(1), worker: "ann")));
        Assert.Equal(["discard 2"], Words(Done(job, new(0, 0), Claim(2), attempt: 2, worker: "bob")));
    }

    [Fact]
    public void A_task_fails_the_job_after_a_few_failures_with_all_workers_that_saw_it()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 1), Wide with { AttemptsMax = 3 });
        foreach (string worker in new[] { "ann", "bob", "cay" })
            job.WorkerUp(worker, new WorkerCapacity(1, 1, 1));
        job.TaskFailed(new(0, 0), 1, "bad rows", "ann", isPassing: false);
        job.TaskFailed(new(0, 0), 2, "bad rows", "bob", isPassing: false);

        Assert.Equal(
            ["fail: query block 0 against segment 0 failed 3 times, on ann, bob, cay, the last time: bad rows"],
            Words(job.TaskFailed(new(0, 0), 3, "bad rows", "cay", isPassing: false)));
    }

    [Fact]
    public void Blocks_without_a_visible_key_are_written_empty()
    {
        // Four rows at the positions -2 to 1 of two keys; later rows come first.
        AttentionPlan plan = Plans.Grid(blocks: 4, segments: 2, new AttentionOptions { Causal = true });
        var job = Job(plan, Wide);

        Assert.Equal(["dispatch 0/0", "dispatch 0/1", "dispatch 1/0", "write 2 empty", "write 3 empty"], Words(Start(job)));
        Assert.Equal([], Words(job.Merged(2, null)));
        Assert.Equal([], Words(job.Merged(3, null)));
        Assert.Equal(0, job.TasksDone);
    }

    [Fact]
    public void A_job_that_sees_no_key_at_all_succeeds()
    {
        var job = Job(Plans.Grid(blocks: 3, segments: 2, new AttentionOptions { Causal = true, Offset = -10 }), new JobLimits(1, 1000));
        string[] written = Words(Start(job));

        Assert.Equal(["write 0 empty"], written);
        Assert.Equal(["write 1 empty"], Words(job.Merged(0, null)));
        Assert.Equal(["write 2 empty"], Words(job.Merged(1, null)));
        Assert.Equal(["succeed"], Words(job.Merged(2, null)));
    }

    [Fact]
    public void After_the_end_answers_are_freed_and_nothing_else_happens()
    {
        var job = Job(Plans.Grid(blocks: 1, segments: 3), Wide);
        Start(job);
        Done(job, new(0, 0), Claim(1));
        job.End();

        Assert.Equal(["discard 2"], Words(Done(job, new(0, 1), Claim(2))));
        Assert.Equal([], Words(job.TaskFailed(new(0, 2), 1, "why", "worker", isPassing: false)));
        Assert.Equal([], Words(job.Pulled(new(0, 0))));
        Assert.Equal(["discard 1"], Words(job.PullFailed(new(0, 0), "why", "worker")));
        Assert.Equal([], Words(job.Merged(0, new TaskId(0, 0))));
    }

    [Fact]
    public void Blocks_that_were_written_before_are_neither_sent_nor_written_and_count_as_done()
    {
        // Four rows at the positions -2 to 1 of two keys: blocks 2 and 3 see nothing.
        var job = Job(Plans.Grid(blocks: 4, segments: 2, new AttentionOptions { Causal = true }), Wide);
        job.Restore([0, 3]);

        Assert.Equal((2, 8.0), (job.TasksDone, job.FlopsDone));
        Assert.Equal(["dispatch 1/0", "write 2 empty"], Words(Start(job)));
        Assert.Equal([], Words(job.Merged(2, null)));
        Arrive(job, 1, 0);
        Assert.Equal(["succeed"], Words(job.Merged(1, new TaskId(1, 0))));
    }

    [Fact]
    public void A_job_of_which_all_was_written_before_succeeds_at_once()
    {
        var job = Job(Plans.Grid(blocks: 2, segments: 1), Wide);
        job.Restore([0, 1]);

        Assert.Equal(["succeed"], Words(job.Proceed()));
    }

    private static string[] Arrive(CoordinatorState job, int block, int segment)
    {
        Assert.Single(Done(job, new(block, segment), Claim((ulong)segment)));
        return Words(job.Pulled(new(block, segment)));
    }

    private static CoordinatorState Job(AttentionPlan plan, JobLimits limits) => new(plan, limits, new TaskSchedule(plan, segmentBytes: 1));

    /// <summary>A worker that can take everything.</summary>
    private static IReadOnlyList<JobEffect> Start(CoordinatorState job) => job.WorkerUp("worker", new WorkerCapacity(100, 100, 100));

    private static IReadOnlyList<JobEffect> Done(CoordinatorState job, TaskId task, Claim claim, int attempt = 1, string worker = "worker") =>
        job.TaskDone(task, attempt, worker, kernelSeconds: 1e-6, claim);

    private static IReadOnlyList<JobEffect> After(CoordinatorState job, double seconds)
    {
        job.Now += TimeSpan.FromSeconds(seconds);
        return job.Tick();
    }

    private static (SegmentId Segment, string Worker)[] Released(IReadOnlyList<JobEffect> effects) =>
        [.. from release in effects.OfType<JobEffect.Release>() from worker in release.Workers select (release.Segment, worker)];
}
