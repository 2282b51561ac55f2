using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Compute;

public sealed class TaskRunnerTests
{
    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    [InlineData(ElementType.Float64)]
    public async Task Every_task_gives_the_partial_that_the_core_gives(ElementType type)
    {
        using var worker = new Worker(type);
        for (int index = 0; index < worker.Plan.BlockCount; index++)
        {
            QueryBlock block = worker.Plan.Block(index);
            for (int segment = block.Segments.Start; segment < block.Segments.End; segment++)
            {
                TaskDone done = await worker.Runner.RunAsync(worker.Task(index, segment), CancellationToken.None).InTime();

                using Partial expected = CoreAttention.Task(worker.Plan, worker.Query, worker.Key, worker.Value, block, segment);
                using var received = new NativeBuffer(expected.Buffer.ByteLength);
                await worker.DataPlane.PullAsync(done.Partial.ToClaim(), received, CancellationToken.None);
                Assert.True(Bytes(expected.Buffer).SequenceEqual(Bytes(received)), $"block {index}, segment {segment}");
            }
        }
    }

    [Fact]
    public async Task The_answer_names_its_task_its_worker_and_the_time_it_took()
    {
        using var worker = new Worker();

        TaskDone done = await worker.Runner.RunAsync(worker.Task(1, 2, attempt: 2), CancellationToken.None).InTime();

        Assert.Equal(("job", 1, 2, 2), (done.Job, done.Block, done.Index, done.Attempt));
        Assert.Equal(("worker", 2), (done.Worker, done.WorkerThreads));
        Assert.True(done.KernelSeconds > 0);
        Assert.Equal(done.Partial.ToClaim(), Assert.Single(worker.DataPlane.Offered.Keys));
    }

    [Fact]
    public async Task A_segment_is_loaded_once_for_all_its_tasks_and_a_query_block_for_those_at_one_time()
    {
        using var worker = new Worker();

        await worker.Runner.RunAsync(worker.Task(0, 1), CancellationToken.None).InTime();
        await worker.Runner.RunAsync(worker.Task(2, 1), CancellationToken.None).InTime();

        // Two query heads a task.
        Assert.Equal(["k", "q", "q", "q", "q", "v"], worker.DataPlane.Pulled.Order());
        Assert.Equal(PackedSegment.ByteLengthOf(20, 12, 7), worker.Runner.SegmentBytes);
        worker.Runner.Drop(worker.Task(0, 1).Segment.Context);
        Assert.Equal(0, worker.Runner.SegmentBytes);
    }

    [Fact]
    public async Task Rows_that_cannot_be_had_are_the_tasks_failure_and_leave_nothing_behind()
    {
        using var worker = new Worker();
        worker.DataPlane.BeforeRows = (tensor, _) => tensor == "v" ? throw new DataPlaneException("no rows today") : Task.CompletedTask;

        DataPlaneException error =
            await Assert.ThrowsAsync<DataPlaneException>(() => worker.Runner.RunAsync(worker.Task(0, 0), CancellationToken.None).InTime());

        Assert.Equal("no rows today", error.Message);
        Assert.Equal(0, worker.Runner.SegmentBytes);
        Assert.Empty(worker.DataPlane.Offered);
        worker.DataPlane.BeforeRows = (_, _) => Task.CompletedTask;
        await worker.Runner.RunAsync(worker.Task(0, 0), CancellationToken.None).InTime();
    }

    [Fact]
    public async Task A_task_that_is_cancelled_while_it_loads_leaves_nothing_behind()
    {
        using var worker = new Worker();
        using var cancellation = new CancellationTokenSource();
        // It ends in the middle of the cancellation, which this test must not go on in.
        var loadEnded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        worker.DataPlane.BeforeRows = async (_, token) =>
        {
            await cancellation.CancelAsync();
            using CancellationTokenRegistration registration = token.Register(loadEnded.SetResult);
            await Task.Delay(Timeout.Infinite, token);
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            worker.Runner.RunAsync(worker.Task(0, 0), cancellation.Token).InTime());
        await loadEnded.Task.InTime();

        Assert.True(SpinWait.SpinUntil(() => worker.Runner.SegmentBytes == 0, Patience.Limit));
        Assert.Empty(worker.DataPlane.Offered);
    }

    private static ReadOnlySpan<byte> Bytes(NativeBuffer buffer) => buffer.Slice(0, (int)buffer.ByteLength);
}
