using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Jobs.Scheduling;

/// <summary>Who gets what: a plan of so many blocks and segments, workers, and what each is given when it asks.</summary>
public sealed class TaskScheduleTests
{
    private static readonly WorkerCapacity OneThread = new(Threads: 1, TasksMax: 4, SegmentsMax: 100);

    [Fact]
    public void A_worker_gets_what_is_at_home_with_it_in_the_plans_order()
    {
        TaskSchedule schedule = Schedule(blocks: 2, segments: 3);
        Add(schedule, "ann", "bob");
        Home(schedule, "ann", 1, 2);
        Home(schedule, "bob", 0);

        Assert.Equal(["0/1", "0/2", "1/1", "1/2"], Take(schedule, "ann", 4));
        Assert.Equal(["0/0", "1/0"], Take(schedule, "bob", 2));
    }

    [Fact]
    public void What_has_no_home_goes_to_whoever_asks()
    {
        TaskSchedule schedule = Schedule(blocks: 2, segments: 2);
        Add(schedule, "ann", "bob");

        Assert.Equal(["0/0", "0/1"], [.. Take(schedule, "ann", 1), .. Take(schedule, "bob", 1)]);
        Assert.Equal(["1/0", "1/1"], [.. Take(schedule, "ann", 1), .. Take(schedule, "bob", 1)]);
    }

    [Fact]
    public void Nobody_begins_with_a_segment_whose_home_is_being_asked_for()
    {
        TaskSchedule schedule = Schedule(blocks: 1, segments: 2);
        Add(schedule, "ann", "bob");
        schedule.Placement.Await(new SegmentId(0, 0, 0));

        Assert.Equal(["0/1"], Take(schedule, "ann", 2));
        Assert.Equal([], Take(schedule, "bob", 1));
        schedule.Placement.SetHome(new SegmentId(0, 0, 0), "bob");
        Assert.Equal(["0/0"], Take(schedule, "bob", 1));
    }

    [Fact]
    public void Homes_that_do_not_answer_are_waited_for_only_so_long()
    {
        TaskSchedule schedule = Schedule(blocks: 1, segments: 1);
        Add(schedule, "ann");
        schedule.Placement.Await(new SegmentId(0, 0, 0));
        Assert.Equal([], Take(schedule, "ann", 1));

        schedule.Placement.StopAwaiting();

        Assert.Equal(["0/0"], Take(schedule, "ann", 1));
    }

    [Fact]
    public void A_worker_with_little_to_do_takes_replicas_of_the_longest_queue_of_others()
    {
        TaskSchedule schedule = Schedule(blocks: 9, segments: 3);
        Add(schedule, "ann", "bob");
        Home(schedule, "ann", 0, 1);
        Home(schedule, "bob", 2);
        Take(schedule, "ann", 3);

        // Its own first; then, with one task waiting, one of another's, which it then goes on with.
        Assert.Equal(["0/2", "1/2", "2/2", "3/2"], Take(schedule, "bob", 4));
        Answer(schedule, "bob", "0/2", "1/2", "2/2", "3/2");
        Assert.Equal(["4/2", "5/2", "6/2", "7/2"], Take(schedule, "bob", 4));
        Answer(schedule, "bob", "4/2", "5/2", "6/2", "7/2");
        Assert.Equal(["8/2", "1/1"], Take(schedule, "bob", 4));
        Answer(schedule, "bob", "8/2");
        Assert.Equal(["2/1"], Take(schedule, "bob", 4));
    }

    [Fact]
    public void A_replica_is_not_loaded_for_less_work_than_loading_it_takes()
    {
        AttentionPlan plan = Plans.Grid(blocks: 3, segments: 1);
        var schedule = new TaskSchedule(plan, new CostModel(SegmentBytes: 1000), []);
        Add(schedule, "ann", "bob");
        Home(schedule, "ann", 0);

        Assert.Equal([], Take(schedule, "bob", 1));
    }

    [Fact]
    public void A_worker_never_has_tasks_of_more_segments_than_it_has_memory_for()
    {
        TaskSchedule schedule = Schedule(blocks: 2, segments: 4);
        schedule.AddWorker("ann", OneThread with { SegmentsMax = 2 });

        Assert.Equal(["0/0", "0/1", "1/0", "1/1"], Take(schedule, "ann", 4));
        Answer(schedule, "ann", "0/0", "1/0");
        Assert.Equal(["0/2"], Take(schedule, "ann", 1));
        Assert.Equal(["1/2"], Take(schedule, "ann", 2));
    }

    [Fact]
    public void No_worker_has_more_tasks_than_it_may()
    {
        TaskSchedule schedule = Schedule(blocks: 9, segments: 1);
        schedule.AddWorker("ann", OneThread with { TasksMax = 2 });

        Assert.Equal(2, Take(schedule, "ann", 9).Length);
        Assert.Empty(schedule.WithRoom(default));
    }

    [Fact]
    public void A_worker_that_leaves_gets_nothing_more_and_others_do_its_work()
    {
        TaskSchedule schedule = Schedule(blocks: 1, segments: 2);
        Add(schedule, "ann", "bob");
        Home(schedule, "ann", 0, 1);
        Assert.Equal(["0/0"], Take(schedule, "ann", 1));

        schedule.StopSending("ann");

        Assert.Equal(["bob"], schedule.WithRoom(default));
        Assert.Equal(["0/1"], Take(schedule, "bob", 1));
    }

    [Fact]
    public void The_tasks_of_a_worker_that_is_gone_can_be_sent_again()
    {
        TaskSchedule schedule = Schedule(blocks: 2, segments: 1);
        Add(schedule, "ann", "bob");
        Home(schedule, "ann", 0);
        Take(schedule, "ann", 2);

        foreach (TaskId task in schedule.RemoveWorker("ann"))
            schedule.Requeue(task, null);

        Assert.Equal(["0/0", "1/0"], Take(schedule, "bob", 2));
    }

    [Fact]
    public void A_task_that_failed_at_a_worker_goes_to_another_if_there_is_one()
    {
        TaskSchedule schedule = Schedule(blocks: 1, segments: 1);
        Add(schedule, "ann");
        Take(schedule, "ann", 1);
        schedule.Forget("ann", TaskId.Of(0, 0), now: default);
        schedule.Requeue(TaskId.Of(0, 0), "ann");
        Assert.Equal(["0/0"], Take(schedule, "ann", 1));
        schedule.Forget("ann", TaskId.Of(0, 0), now: default);
        schedule.Requeue(TaskId.Of(0, 0), "ann");
        Add(schedule, "bob");

        Assert.Equal([], Take(schedule, "ann", 1));
        Assert.Equal(["0/0"], Take(schedule, "bob", 1));
    }

    [Fact]
    public void An_idle_worker_also_gets_what_a_much_slower_one_has_not_answered()
    {
        TaskSchedule schedule = Schedule(blocks: 6, segments: 1);
        Add(schedule, "slow", "fast");
        Take(schedule, "slow", 1);
        Take(schedule, "fast", 1);
        Answer(schedule, "slow", seconds: 100, "0/0");
        Answer(schedule, "fast", seconds: 1, "1/0");
        Take(schedule, "slow", 2);
        Assert.Equal(["4/0", "5/0"], Take(schedule, "fast", 2));
        Assert.Null(Speculative(schedule, "fast"));

        Answer(schedule, "fast", seconds: 1, "4/0", "5/0");

        // The second of the two: the slow one will be at the first for a while, and then have this one left.
        Assert.Equal("3/0", Speculative(schedule, "fast"));
        Assert.Null(Speculative(schedule, "slow"));
    }

    [Fact]
    public void Equals_do_not_compute_for_each_other()
    {
        TaskSchedule schedule = Schedule(blocks: 4, segments: 1);
        Add(schedule, "ann", "bob");
        Take(schedule, "ann", 1);
        Take(schedule, "bob", 1);
        Answer(schedule, "ann", seconds: 1, "0/0");
        Answer(schedule, "bob", seconds: 1, "1/0");
        Take(schedule, "ann", 1);
        Take(schedule, "bob", 1);
        Answer(schedule, "ann", seconds: 1, "2/0");

        Assert.Null(Speculative(schedule, "ann"));
    }

    [Fact]
    public void What_is_long_overdue_is_also_given_to_another()
    {
        TaskSchedule schedule = Schedule(blocks: 1, segments: 1);
        Add(schedule, "stopped", "bob");
        Take(schedule, "stopped", 1);

        Assert.Null(Speculative(schedule, "bob", now: 1));
        Assert.Equal("0/0", Speculative(schedule, "bob", now: 3));
        Assert.Null(Speculative(schedule, "bob", now: 9));
    }

    private static TaskSchedule Schedule(int blocks, int segments)
    {
        // Wide rows, so that a task is worth more than loading a byte.
        AttentionPlan plan = Plans.Of(
            new TensorShape(1, 1, blocks, 512), new TensorShape(1, 1, segments, 512), new TensorShape(1, 1, segments, 512),
            new AttentionOptions { RowsPerBlock = 1, KeysPerSegment = 1 });
        return new TaskSchedule(plan, new CostModel(SegmentBytes: 1), []);
    }

    private static void Add(TaskSchedule schedule, params string[] workers) =>
        Array.ForEach(workers, worker => schedule.AddWorker(worker, OneThread));

    private static void Home(TaskSchedule schedule, string worker, params int[] segments) =>
        Array.ForEach(segments, segment => schedule.Placement.SetHome(new SegmentId(0, 0, segment), worker));

    private static string[] Take(TaskSchedule schedule, string worker, int count)
    {
        var taken = new List<string>();
        while (taken.Count < count && schedule.WithRoom(default).Contains(worker)
            && schedule.Next(worker, _ => [], mayOpen: true, now: default) is { } task)
            taken.Add($"{task.Block}/{task.Segment}");
        return [.. taken];
    }

    private static string? Speculative(TaskSchedule schedule, string worker, double now = 0)
    {
        return schedule.NextSpeculative(worker, _ => true, TimeSpan.FromSeconds(now)) is { } task ? $"{task.Block}/{task.Segment}" : null;
    }

    private static void Answer(TaskSchedule schedule, string worker, params string[] tasks) => Answer(schedule, worker, 0, tasks);

    private static void Answer(TaskSchedule schedule, string worker, double seconds, params string[] tasks)
    {
        foreach (string task in tasks)
            schedule.Answered(worker, TaskId.Of(int.Parse(task[..1]), int.Parse(task[2..])), seconds, now: default);
    }
}
