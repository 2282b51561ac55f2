using System.Threading.Channels;
using AttentionCluster.Core.Kernels;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// The threads that kernels run on: fixed, each with its own workspace, and neither of the .NET thread pool nor of Akka's
/// dispatchers, so that an hour of full load delays no heartbeat. The queue before them is bounded.
/// </summary>
internal sealed class ComputePool : IDisposable
{
    private readonly Channel<ComputeItem> _queue;
    private readonly Thread[] _threads;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">At least 1.</param>
    /// <param name="queueMax">Items that may wait; one more is refused.</param>
    public ComputePool(int threads, int queueMax)
    {
        _queue = Channel.CreateBounded<ComputeItem>(new BoundedChannelOptions(queueMax) { FullMode = BoundedChannelFullMode.Wait });
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
        return _queue.Writer.TryWrite(item)
            ? item.Completion
            : throw new ComputeQueueFullException("the queue of the compute threads is full");
    }

    /// <summary>Stops after the items that are being computed; waiting ones are cancelled.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _queue.Writer.TryComplete();
        foreach (Thread thread in _threads)
            thread.Join();
        while (_queue.Reader.TryRead(out ComputeItem? item))
            item.Abandon();
        _stopping.Dispose();
    }

    private void Work()
    {
        using var workspace = new Workspace();
        while (Next() is { } item)
            item.Run(workspace);
    }

    private ComputeItem? Next()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                if (_queue.Reader.TryRead(out ComputeItem? item))
                    return item;

                // This thread has nothing else to do: blocking it is what it is for.
                if (!_queue.Reader.WaitToReadAsync(_stopping.Token).AsTask().GetAwaiter().GetResult())
                    return null;
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }

        return null;
    }
}
