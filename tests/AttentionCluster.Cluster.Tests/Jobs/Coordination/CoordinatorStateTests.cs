using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using static AttentionCluster.Cluster.Tests.Jobs.Coordination.EffectTranscript;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>Transcripts: a plan of so many blocks and segments, what happens, and what the coordinator wants done.</summary>
public sealed class CoordinatorStateTests
{
    private static readonly JobLimits Wide = new(TasksInFlight: 100, PartialsMax: 1000);

    [Fact]
    public void A_job_of_one_task_is_sent_pulled_written_and_done()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 1), Wide);

        Assert.Equal(["dispatch 0/0"], Words(job.Start()));
        Assert.Equal(["pull 0/0 by 7"], Words(job.Done(TaskId.Of(0, 0), Claim(7))));
        Assert.Equal(["merge 0/0: and write"], Words(job.Step(new JobEvent.Pulled(TaskId.Of(0, 0)))));
        Assert.Equal(["succeed"], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 0)))));
        Assert.Equal((1, 4.0, 0), (job.State.TasksDone, job.State.FlopsDone, job.State.Retries));
    }

    [Fact]
    public void Partials_merge_by_the_tree_in_whatever_order_they_come()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 4), Wide);
        job.Start();

        Assert.Equal(["merge 0/3:"], job.Arrive(0, 3));
        Assert.Equal([], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 3)))));
        Assert.Equal(["merge 0/0:"], job.Arrive(0, 0));
        Assert.Equal([], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 0)))));
        Assert.Equal(["merge 0/2: 2+3"], job.Arrive(0, 2));
        Assert.Equal([], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 2)))));
        Assert.Equal(["merge 0/1: 0+1 0..1+2..3 and write"], job.Arrive(0, 1));
        Assert.Equal(["succeed"], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 1)))));
    }

    [Fact]
    public void A_block_has_one_merge_at_a_time_and_the_others_wait()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 3), Wide);
        job.Start();

        Assert.Equal(["merge 0/0:"], job.Arrive(0, 0));
        Assert.Equal([], job.Arrive(0, 2));
        Assert.Equal([], job.Arrive(0, 1));
        Assert.Equal(["merge 0/2:"], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 0)))));
        Assert.Equal(["merge 0/1: 0+1 0..1+2 and write"], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 2)))));
    }

    [Fact]
    public void Blocks_merge_side_by_side()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 2, segments: 1), Wide);
        job.Start();

        Assert.Equal(["merge 1/0: and write"], job.Arrive(1, 0));
        Assert.Equal(["merge 0/0: and write"], job.Arrive(0, 0));
        Assert.Equal([], Words(job.Step(new JobEvent.Merged(TaskId.Of(1, 0)))));
        Assert.Equal(["succeed"], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 0)))));
    }

    [Fact]
    public void No_more_tasks_are_in_flight_than_allowed_until_one_is_merged()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 2, segments: 2), new JobLimits(TasksInFlight: 3, PartialsMax: 1000));

        Assert.Equal(["dispatch 0/0", "dispatch 0/1", "dispatch 1/0"], Words(job.Start()));
        Assert.Equal(["merge 0/1:"], job.Arrive(0, 1));
        Assert.Equal(["dispatch 1/1"], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 1)))));
    }

    [Fact]
    public void Workers_hear_of_it_when_the_last_task_of_a_segment_is_merged()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 2, segments: 2), Wide);
        job.Start();
        foreach ((int block, int segment) in new[] { (0, 0), (0, 1), (1, 0) })
            job.Arrive(block, segment);

        Assert.Empty(Released(job.Step(new JobEvent.Merged(TaskId.Of(0, 0)))));
        Assert.Empty(Released(job.Step(new JobEvent.Merged(TaskId.Of(0, 1)))));
        Assert.Equal([(new SegmentId(0, 0, 0), "worker")], Released(job.Step(new JobEvent.Merged(TaskId.Of(1, 0)))));
        job.Done(TaskId.Of(1, 1), Claim(9));
        Assert.Empty(Released(job.Step(new JobEvent.PullFailed(TaskId.Of(1, 1), "worker", "gone"))));
    }

    [Fact]
    public void A_second_answer_is_freed_and_changes_nothing()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 2), Wide);
        job.Start();
        job.Done(TaskId.Of(0, 0), Claim(1));

        Assert.Equal(["discard 2"], Words(job.Done(TaskId.Of(0, 0), Claim(2))));
        Assert.Equal(["merge 0/0:"], Words(job.Step(new JobEvent.Pulled(TaskId.Of(0, 0)))));
        Assert.Equal(["discard 3"], Words(job.Done(TaskId.Of(0, 0), Claim(3))));
        job.Step(new JobEvent.Merged(TaskId.Of(0, 0)));
        Assert.Equal(["discard 4"], Words(job.Done(TaskId.Of(0, 0), Claim(4))));
    }

    [Fact]
    public void The_same_answer_again_does_not_free_the_bytes_that_are_being_pulled()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 2), Wide);
        job.Start();
        job.Done(TaskId.Of(0, 0), Claim(1));

        Assert.Equal([], Words(job.Done(TaskId.Of(0, 0), Claim(1))));
        Assert.Equal(["merge 0/0:"], Words(job.Step(new JobEvent.Pulled(TaskId.Of(0, 0)))));
        Assert.Equal([], Words(job.Done(TaskId.Of(0, 0), Claim(1))));
        Assert.Equal(["discard 2"], Words(job.Done(TaskId.Of(0, 0), Claim(2))));
        Assert.Equal([], Words(job.Done(TaskId.Of(0, 0), Claim(2))));
    }

    [Fact]
    public void An_answer_that_nobody_asked_for_is_freed()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 2, segments: 2), new JobLimits(1, 1000));
        job.Start();

        Assert.Equal(["discard 1"], Words(job.Done(TaskId.Of(1, 1), Claim(1))));
        Assert.Equal(["discard 2"], Words(job.Done(TaskId.Of(99, -1), Claim(2))));
        Assert.Equal([], Words(job.Failed(TaskId.Of(1, 1), 1, "worker", "why", isTransient: false)));
    }

    [Fact]
    public void Blocks_without_a_visible_key_are_written_empty()
    {
        // Four rows at the positions -2 to 1 of two keys; later rows come first.
        AttentionPlan plan = Plans.Grid(blocks: 4, segments: 2, new AttentionOptions { Causal = true });
        var job = new SteppedJob(plan, Wide);

        Assert.Equal(["dispatch 0/0", "dispatch 0/1", "dispatch 1/0", "write 2 empty", "write 3 empty"], Words(job.Start()));
        Assert.Equal([], Words(job.Step(new JobEvent.EmptyWritten(2))));
        Assert.Equal([], Words(job.Step(new JobEvent.EmptyWritten(3))));
        Assert.Equal(0, job.State.TasksDone);
    }

    [Fact]
    public void A_job_that_sees_no_key_at_all_succeeds()
    {
        AttentionPlan plan = Plans.Grid(blocks: 3, segments: 2, new AttentionOptions { Causal = true, Offset = -10 });
        var job = new SteppedJob(plan, new JobLimits(1, 1000));
        string[] written = Words(job.Start());

        Assert.Equal(["write 0 empty"], written);
        Assert.Equal(["write 1 empty"], Words(job.Step(new JobEvent.EmptyWritten(0))));
        Assert.Equal(["write 2 empty"], Words(job.Step(new JobEvent.EmptyWritten(1))));
        Assert.Equal(["succeed"], Words(job.Step(new JobEvent.EmptyWritten(2))));
    }

    [Fact]
    public void After_the_end_answers_are_freed_and_nothing_else_happens()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 1, segments: 3), Wide);
        job.Start();
        job.Done(TaskId.Of(0, 0), Claim(1));
        job.Step(new JobEvent.End());

        Assert.Equal(["discard 2"], Words(job.Done(TaskId.Of(0, 1), Claim(2))));
        Assert.Equal([], Words(job.Failed(TaskId.Of(0, 2), 1, "worker", "why", isTransient: false)));
        Assert.Equal([], Words(job.Step(new JobEvent.Pulled(TaskId.Of(0, 0)))));
        Assert.Equal(["discard 1"], Words(job.Step(new JobEvent.PullFailed(TaskId.Of(0, 0), "worker", "why"))));
        Assert.Equal([], Words(job.Step(new JobEvent.Merged(TaskId.Of(0, 0)))));
    }

    [Fact]
    public void Blocks_that_were_written_before_are_neither_sent_nor_written_and_count_as_done()
    {
        // Four rows at the positions -2 to 1 of two keys: blocks 2 and 3 see nothing.
        var job = new SteppedJob(Plans.Grid(blocks: 4, segments: 2, new AttentionOptions { Causal = true }), Wide, blocksDone: [0, 3]);

        Assert.Equal((2, 8.0), (job.State.TasksDone, job.State.FlopsDone));
        Assert.Equal(["dispatch 1/0", "write 2 empty"], Words(job.Start()));
        Assert.Equal([], Words(job.Step(new JobEvent.EmptyWritten(2))));
        job.Arrive(1, 0);
        Assert.Equal(["succeed"], Words(job.Step(new JobEvent.Merged(TaskId.Of(1, 0)))));
    }

    [Fact]
    public void A_job_of_which_all_was_written_before_succeeds_at_once()
    {
        var job = new SteppedJob(Plans.Grid(blocks: 2, segments: 1), Wide, blocksDone: [0, 1]);

        Assert.Equal(["succeed"], Words(job.Step(new JobEvent.Begin())));
    }

    private static (SegmentId Segment, string Worker)[] Released(IReadOnlyList<JobEffect> effects) =>
        [.. from release in effects.OfType<JobEffect.Release>() from worker in release.Workers select (release.Segment, worker)];
}
