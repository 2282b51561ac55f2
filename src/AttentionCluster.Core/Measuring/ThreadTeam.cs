using System.Runtime.ExceptionServices;

namespace AttentionCluster.Core.Measuring;

/// <summary>
/// Threads that stay from one run to the next, so that no measurement has the start of a thread inside. The caller is the first of
/// them: a team of one starts none.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    /// <summary>
    /// The most that <see cref="ManualResetEventSlim"/> takes, about a millisecond: longer than from one run to the next within a
    /// measurement.
    /// </summary>
    private const int SpinCount = 2047;

    private readonly ManualResetEventSlim[] _starts;
    private readonly ManualResetEventSlim _done = new(false, SpinCount);
    private readonly Thread[] _helpers;
    private Action<int>? _work;
    private Exception? _failure;
    private int _running;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">At least 1, the caller included.</param>
    public ThreadTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _starts = [.. Enumerable.Range(1, threads - 1).Select(_ => new ManualResetEventSlim(false, SpinCount))];
        _helpers = [.. _starts.Select((start, i) =>
            new Thread(() => Help(start, i + 1)) { IsBackground = true, Name = $"measuring-{i + 1}" })];
        foreach (Thread helper in _helpers)
            helper.Start();
    }

    /// <summary>How many threads work, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Has every thread do the work at the same time, and waits for all.</summary>
    /// <param name="work">Is given the number of its thread, from 0.</param>
    public void Run(Action<int> work)
    {
        if (Threads == 1)
        {
            work(0);
            return;
        }

        (_work, _failure, _running) = (work, null, Threads);
        _done.Reset();
        foreach (ManualResetEventSlim start in _starts)
            start.Set();
        DoPart(0);
        _done.Wait();
        if (_failure is { } failure)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Hands out pieces of work by a counter: whoever is free takes the next.</summary>
    /// <param name="count">Pieces.</param>
    /// <param name="work">Is given the number of its thread and that of the piece.</param>
    public void Share(int count, Action<int, int> work)
    {
        int next = -1;
        Run(thread =>
        {
            while (Interlocked.Increment(ref next) is var piece && piece < count)
                work(thread, piece);
        });
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        _work = null;
        foreach (ManualResetEventSlim start in _starts)
            start.Set();
        foreach (Thread helper in _helpers)
            helper.Join();
        foreach (ManualResetEventSlim start in _starts)
            start.Dispose();
        _done.Dispose();
    }

    private void Help(ManualResetEventSlim start, int thread)
    {
        while (true)
        {
            start.Wait();
            start.Reset();
            if (_work is null)
                return;
            DoPart(thread);
        }
    }

    private void DoPart(int thread)
    {
        try
        {
            _work!(thread);
        }
        catch (Exception failure)
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
        }

        if (Interlocked.Decrement(ref _running) == 0)
            _done.Set();
    }
}
