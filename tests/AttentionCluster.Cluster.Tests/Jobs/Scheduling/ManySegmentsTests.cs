using System.Diagnostics;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs.Scheduling;

/// <summary>Jobs of so many segments that not all of them can be compared for each task.</summary>
public sealed class ManySegmentsTests
{
    private static readonly WorkerCapacity OneThread = new(Threads: 1, TasksMax: 4, SegmentsMax: 100);

    /// <summary>Also where blocks are begun before those before them are done, and where none may be begun.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(8, true)]
    [InlineData(8, false)]
    public void A_million_segments_take_little_memory_and_no_time_to_choose_from(int blocks, bool mayOpen)
    {
        const int tasks = 10_000;
        AttentionPlan plan = Plans.Grid(blocks, segments: 1_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var schedule = new TaskSchedule(plan, new CostModel(SegmentBytes: 1), []);
        Assert.Empty(schedule.Placement.WorthAHome);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        schedule.AddWorker("ann", OneThread);
        schedule.AddWorker("bob", OneThread);
        schedule.Next("ann", _ => [], mayOpen: true, now: default);
        schedule.Answered("ann", TaskId.Of(0, 0), 1, now: default);

        var clock = Stopwatch.StartNew();
        for (int count = 1; count < tasks; count++)
        {
            string worker = count % 2 == 0 ? "ann" : "bob";
            TaskId task = schedule.Next(worker, _ => [0], mayOpen, now: default)
                ?? throw new InvalidOperationException($"none after {count}");
            schedule.Answered(worker, task, 1, now: default);
            schedule.Finish(task);
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
    }

    [Fact]
    public void Every_task_of_many_segments_is_given_out_once_however_many_wait()
    {
        const int blocks = 3, segments = 3_000;
        var schedule = new TaskSchedule(Plans.Grid(blocks, segments), new CostModel(SegmentBytes: 1), []);
        schedule.AddWorker("ann", OneThread);
        schedule.AddWorker("bob", OneThread);
        var given = new HashSet<TaskId>();
        var random = new Random(1);
        for (int idle = 0; idle < 2;)
        {
            string worker = random.Next(2) == 0 ? "ann" : "bob";
            int begun = given.Count == 0 ? 0 : given.Max(task => task.Block) + 1;
            if (schedule.Next(worker, _ => [.. Enumerable.Range(0, begun)], mayOpen: random.Next(3) == 0, now: default) is not { } task)
            {
                idle = given.Count == blocks * segments ? idle + 1 : 0;
                continue;
            }

            schedule.Answered(worker, task, 1, now: default);
            if (random.Next(10) == 0)
            {
                schedule.Requeue(task, null);
                continue;
            }

            Assert.True(given.Add(task));
            schedule.Finish(task);
        }

        Assert.Equal(blocks * segments, given.Count);
    }
}
