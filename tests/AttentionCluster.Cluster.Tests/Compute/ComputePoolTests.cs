using AttentionCluster.Cluster.Compute;

namespace AttentionCluster.Cluster.Tests.Compute;

public sealed class ComputePoolTests
{
    [Fact]
    public async Task Work_runs_on_the_pools_own_threads_and_its_continuation_elsewhere()
    {
        using var pool = new ComputePool(threads: 2, queueMax: 10);

        Thread worker = await pool.RunAsync(_ => Thread.CurrentThread, CancellationToken.None).InTime();

        Assert.False(worker.IsThreadPoolThread);
        Assert.True(worker.IsBackground);
        Assert.NotSame(worker, Thread.CurrentThread);
    }

    [Fact]
    public async Task There_are_as_many_threads_as_were_asked_for()
    {
        using var pool = new ComputePool(threads: 3, queueMax: 10);
        using var together = new Barrier(3);

        bool[] met = await Task.WhenAll(Enumerable.Range(0, 3).Select(
            _ => pool.RunAsync(_ => together.SignalAndWait(Patience.Limit), CancellationToken.None))).InTime();

        Assert.Equal([true, true, true], met);
        Assert.Equal(3, pool.Threads);
    }

    [Fact]
    public async Task One_more_than_may_wait_is_refused()
    {
        using var pool = new ComputePool(threads: 1, queueMax: 2);
        using var gate = new Gate();
        Task<int> running = await gate.OccupyAsync(pool);
        Task<int>[] waiting = [pool.RunAsync(_ => 1, CancellationToken.None), pool.RunAsync(_ => 2, CancellationToken.None)];

        await Assert.ThrowsAsync<ComputeQueueFullException>(() => pool.RunAsync(_ => 3, CancellationToken.None));
        gate.Open();

        int[] results = await Task.WhenAll([running, .. waiting]).InTime();
        Assert.Equal([0, 1, 2], results);
    }

    [Fact]
    public async Task What_work_throws_reaches_its_caller_and_the_thread_goes_on()
    {
        using var pool = new ComputePool(threads: 1, queueMax: 2);

        await Assert.ThrowsAsync<InvalidCastException>(() =>
            pool.RunAsync<int>(_ => throw new InvalidCastException(), CancellationToken.None).InTime());
        Assert.Equal(7, await pool.RunAsync(_ => 7, CancellationToken.None).InTime());
    }

    [Fact]
    public async Task Work_that_is_cancelled_while_it_waits_is_never_begun()
    {
        using var pool = new ComputePool(threads: 1, queueMax: 2);
        using var gate = new Gate();
        using var cancellation = new CancellationTokenSource();
        await gate.OccupyAsync(pool);
        bool begun = false;
        Task<bool> waiting = pool.RunAsync(_ => begun = true, cancellation.Token);

        await cancellation.CancelAsync();
        gate.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTime());
        Assert.False(begun);
    }

    [Fact]
    public async Task Work_that_stops_because_it_was_cancelled_ends_as_cancelled()
    {
        using var pool = new ComputePool(threads: 1, queueMax: 2);
        using var cancellation = new CancellationTokenSource();

        Task<int> work = pool.RunAsync<int>(
            _ =>
            {
                cancellation.Cancel();
                throw new OperationCanceledException(cancellation.Token);
            },
            cancellation.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work.InTime());
    }

    [Fact]
    public async Task Disposing_lets_running_work_end_and_cancels_what_waits()
    {
        var pool = new ComputePool(threads: 1, queueMax: 2);
        using var gate = new Gate();
        Task<int> running = await gate.OccupyAsync(pool);
        Task<int> waiting = pool.RunAsync(_ => 1, CancellationToken.None);

        var disposing = new Thread(pool.Dispose);
        disposing.Start();
        Assert.True(SpinWait.SpinUntil(() => disposing.ThreadState == ThreadState.WaitSleepJoin, Patience.Limit));
        gate.Open();
        Assert.True(disposing.Join(Patience.Limit));

        Assert.Equal(0, await running);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTime());
        await Assert.ThrowsAsync<ComputeQueueFullException>(() => pool.RunAsync(_ => 1, CancellationToken.None));
    }

    /// <summary>Keeps a compute thread busy until it is opened.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _isOpen = new();
        private readonly TaskCompletionSource _isOccupied = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Returns when the thread has begun.</summary>
        internal async Task<Task<int>> OccupyAsync(ComputePool pool)
        {
            Task<int> work = pool.RunAsync(
                _ =>
                {
                    _isOccupied.SetResult();
                    return _isOpen.Wait(Patience.Limit) ? 0 : -1;
                },
                CancellationToken.None);
            await _isOccupied.Task.InTime();
            return work;
        }

        internal void Open() => _isOpen.Set();

        public void Dispose()
        {
            _isOpen.Set();
            _isOpen.Dispose();
        }
    }
}
