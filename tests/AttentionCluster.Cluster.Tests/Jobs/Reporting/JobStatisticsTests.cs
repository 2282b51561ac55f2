using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Reporting;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Tests.Jobs.Reporting;

public sealed class JobStatisticsTests
{
    private readonly JobStatistics _statistics = new();

    [Fact]
    public void Answers_are_counted_once_and_only_to_what_was_sent()
    {
        Send(0, at: 1);
        Send(1, at: 2);
        Answer(0, at: 5, seconds: 2, wait: 0.5);
        Answer(0, at: 6, seconds: 100, wait: 0);
        Answer(7, at: 6, seconds: 100, wait: 0);
        Answer(1, at: 7, seconds: 3, wait: 1, worker: "bob");

        JobTally tally = Tally();
        Assert.Equal((5.0, 20), (tally.KernelSeconds, tally.BytesReceived));
        Assert.Equal((At(1.5), At(7)), (tally.ComputeStart, tally.ComputeEnd));
        Assert.Equal([("ann", 4), ("bob", 4)], tally.Workers.Select(worker => (worker.Key, worker.Value)).Order());
        Assert.Equal([KernelPath.Reference], tally.Kernels);
    }

    [Fact]
    public void A_job_without_an_answer_has_not_begun_to_compute()
    {
        Send(0, at: 1);

        Assert.Equal((null, 0), (Tally().ComputeStart, Tally().Workers.Count));
    }

    [Fact]
    public void A_loss_tells_what_it_cost_and_how_soon_others_went_on()
    {
        WorkerHistory workers = _statistics.WorkerHistory;
        workers.Up("ann", At(1));
        workers.PullFailed("ann");
        workers.Lose("ann", [TaskId.Of(0, 0), TaskId.Of(0, 1)], [Segment(0), Segment(2)], At(10));

        // A task of its own segment, one that it had, the same again, and one that has nothing to do with it.
        Send(2, at: 12);
        Send(1, at: 13);
        Send(1, at: 14, attempt: 2);
        Send(5, at: 15);
        workers.Placed(Segment(0), At(16));
        workers.Placed(Segment(1), At(17));
        Assert.Null(Assert.Single(Tally().WorkersLost).NewHomeSeconds);
        workers.Placed(Segment(2), At(18));

        var loss = new LostWorker("ann", 10, 9, RecomputedTasks: 2, FirstTaskElsewhereSeconds: 2, NewHomeSeconds: 8);
        Assert.Equal([loss], Tally().WorkersLost);
    }

    [Fact]
    public void Pulls_that_failed_before_a_worker_answered_again_were_not_lost_with_it()
    {
        Send(0, at: 1);
        _statistics.WorkerHistory.PullFailed("ann");
        Answer(0, at: 4, seconds: 1, wait: 0);
        _statistics.WorkerHistory.Lose("ann", [], [], At(6));

        LostWorker lost = Assert.Single(Tally().WorkersLost);
        Assert.Equal((0, 2.0), (lost.RecomputedTasks, lost.SilentSeconds));
    }

    [Fact]
    public void Workers_that_join_later_are_named_with_their_first_task()
    {
        _statistics.WorkerHistory.Up("early", At(2));
        _statistics.WorkerHistory.Up("ann", At(3));
        _statistics.WorkerHistory.Up("idle", At(4));
        Send(0, at: 5);
        Send(1, at: 5);
        Answer(0, at: 8, seconds: 1, wait: 1);
        Answer(1, at: 9, seconds: 1, wait: 2);

        Assert.Equal([new JoinedWorker("ann", 3, 3), new JoinedWorker("idle", 4, null)], Tally().WorkersJoined);
    }

    [Fact]
    public void Work_that_is_done_and_done_again_is_summed()
    {
        _statistics.Merged(flops: 10);
        _statistics.Merged(flops: 5);
        _statistics.Recomputed(tiles: 3);
        _statistics.Recomputed(tiles: 4);

        Assert.Equal((2, 15.0, 7), (_statistics.TasksDone, _statistics.FlopsDone, Tally().TilesRecomputed));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static SegmentId Segment(int number) => new(0, 0, number);

    private JobTally Tally() => _statistics.Tally(retries: 0, longestIdle: default);

    private void Send(int segment, double at, int attempt = 1) =>
        _statistics.Sent(TaskId.Of(0, segment), attempt, Segment(segment), At(at));

    private void Answer(int segment, double at, double seconds, double wait, string worker = "ann") => _statistics.Answered(
        TaskId.Of(0, segment), attempt: 1, worker,
        new TaskMeasurements(seconds, wait, BytesReceived: 10, WorkerThreads: 4, KernelPath.Reference), At(at));
}
