using System.Collections.Concurrent;
using AttentionCluster.Core.Kernels;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// The threads that kernels run on: fixed, each with its own workspace, and neither of the .NET thread pool nor of Akka's
/// dispatchers, so that an hour of full load delays no heartbeat. The queue before them is bounded.
/// </summary>
internal sealed class ComputePool : IDisposable
{
    private readonly BlockingCollection<ComputeItem> _queue;
    private readonly Thread[] _threads;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">At least 1.</param>
    /// <param name="queueMax">Items that may wait; one more is refused.</param>
    public ComputePool(int threads, int queueMax)
    {
        _queue = new BlockingCollection<ComputeItem>(queueMax);
        _threads = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"attention-compute-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>How many threads compute.</summary>
    public int Threads => _threads.Length;

    /// <summary>Runs work on one of the threads.</summary>
    /// <exception cref="ComputeQueueFullException">Too much waits already.</exception>
    public Task<T> RunAsync<T>(Func<Workspace, T> work, CancellationToken cancellationToken)
    {
        var item = new ComputeItem<T>(work, cancellationToken);
        return TryQueue(item) ? item.Completion : throw new ComputeQueueFullException("the queue of the compute threads is full");
    }

    /// <summary>Stops after the items that are being computed; waiting ones are cancelled.</summary>
    public void Dispose()
    {
        // In this order: a thread that sees the end of the queue first would compute what waits.
        _stopping.Cancel();
        _queue.CompleteAdding();
        foreach (Thread thread in _threads)
            thread.Join();
        while (_queue.TryTake(out ComputeItem? item))
            item.Abandon();
        _queue.Dispose();
        _stopping.Dispose();
    }

    /// <returns>False when too much waits, or the pool has stopped.</returns>
    private bool TryQueue(ComputeItem item)
    {
        try
        {
            return _queue.TryAdd(item);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private void Work()
    {
        using var workspace = new Workspace();
        try
        {
            foreach (ComputeItem item in _queue.GetConsumingEnumerable(_stopping.Token))
                item.Run(workspace);
        }
        catch (OperationCanceledException)
        {
            // The pool stops.
        }
    }
}
