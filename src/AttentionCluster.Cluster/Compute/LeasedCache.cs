namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// Values that several tasks share while they need them: loaded once however many ask at the same time, within a limit of
/// bytes. A value without a lease stays until others need its room, or leaves at once, as chosen.
/// </summary>
/// <param name="bytesMax">Of all values, and of those that wait to be loaded anew.</param>
/// <param name="keepUnused">Whether a value without a lease stays.</param>
/// <param name="keepSpares">
/// Whether a value that leaves is kept, for the next one of as many bytes to take its memory, until others need its room or no value is left: pages
/// that the operating system must find and clear can cost more than to fill them.
/// </param>
internal sealed class LeasedCache<TKey, TValue>(long bytesMax, bool keepUnused, bool keepSpares = false) : IDisposable
    where TKey : notnull
    where TValue : class, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Slot> _slots = [];

    /// <summary>Slots without a lease, the least recently used first.</summary>
    private readonly LinkedList<Slot> _unused = [];

    /// <summary>Completed, and replaced, whenever room may have come free.</summary>
    private TaskCompletionSource _roomFreed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Values that have left, the first one first.</summary>
    private readonly List<(long Bytes, TValue Value)> _spares = [];

    private long _bytes;

    /// <summary>Bytes of all values that are loaded or being loaded.</summary>
    internal long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>Waits for room and for the value to be loaded. The caller disposes the lease.</summary>
    /// <param name="key">Names the value.</param>
    /// <param name="bytes">What it takes; at most the cache's limit.</param>
    /// <param name="load">
    /// Loads it, and gets a value of as many bytes that nobody wants any more, if there is one: it owns that from then on. Its token is cancelled
    /// when nobody waits any more.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    internal async Task<Lease> AcquireAsync(
        TKey key, long bytes, Func<TValue?, CancellationToken, Task<TValue>> load, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, bytesMax);
        while (true)
        {
            Slot? slot;
            Task roomFreed;
            lock (_lock)
            {
                slot = TakeOrStart(key, bytes, load);
                roomFreed = _roomFreed.Task;
            }

            if (slot is null)
            {
                await roomFreed.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                return new Lease(this, slot, await slot.Value.WaitAsync(cancellationToken).ConfigureAwait(false));
            }
            catch
            {
                Release(slot);
                throw;
            }
        }
    }

    /// <summary>Lets a value go: now, or when its last lease ends.</summary>
    internal void Drop(TKey key)
    {
        lock (_lock)
        {
            if (_slots.Remove(key, out Slot? slot))
            {
                slot.IsDropped = true;
                if (slot.Leases == 0)
                    Free(slot);
            }
        }
    }

    /// <summary>Lets all values go whose key is chosen: now, or when their last lease ends.</summary>
    internal void DropAll(Predicate<TKey> which)
    {
        lock (_lock)
        {
            foreach (TKey key in _slots.Keys.Where(key => which(key)).ToArray())
                Drop(key);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => DropAll(_ => true);

    private Slot? TakeOrStart(TKey key, long bytes, Func<TValue?, CancellationToken, Task<TValue>> load)
    {
        if (_slots.TryGetValue(key, out Slot? slot))
        {
            if (slot.Leases++ == 0)
                _unused.Remove(slot);
            return slot;
        }

        TValue? spare = MakeRoom(bytes);
        if (!HasRoom(bytes))
            return null;
        _bytes += bytes;
        slot = new Slot(key, bytes) { Leases = 1 };
        slot.Value = Task.Run(() => load(spare, slot.Loading.Token));
        _slots.Add(key, slot);
        return slot;
    }

    /// <summary>Lets go what nobody uses until there is room.</summary>
    /// <returns>A spare value of as many bytes; then there is room.</returns>
    private TValue? MakeRoom(long bytes)
    {
        while (true)
        {
            int at = _spares.FindLastIndex(spare => spare.Bytes == bytes);
            if (at >= 0)
                return TakeSpare(at);
            if (HasRoom(bytes))
                return null;
            if (_spares.Count > 0)
            {
                TakeSpare(0).Dispose();
            }
            else if (_unused.First is { } oldest)
            {
                _slots.Remove(oldest.Value.Key);
                Free(oldest.Value);
            }
            else
            {
                return null;
            }
        }
    }

    private bool HasRoom(long bytes) => _bytes + _spares.Sum(spare => spare.Bytes) + bytes <= bytesMax;

    private TValue TakeSpare(int at)
    {
        TValue value = _spares[at].Value;
        _spares.RemoveAt(at);
        return value;
    }

    private void Release(Slot slot)
    {
        lock (_lock)
        {
            if (--slot.Leases > 0)
                return;
            if (slot.IsDropped || !keepUnused || !slot.Value.IsCompletedSuccessfully)
            {
                if (!slot.IsDropped)
                    _slots.Remove(slot.Key);
                Free(slot);
            }
            else
            {
                _unused.AddLast(slot);
                SignalRoom();
            }
        }
    }

    private void Free(Slot slot)
    {
        _unused.Remove(slot);
        slot.Loading.Cancel();
        _ = slot.Value.ContinueWith(
            (loaded, state) =>
            {
                _ = loaded.Exception;
                ((Slot)state!).Loading.Dispose();
                lock (_lock)
                {
                    _bytes -= ((Slot)state).Bytes;
                    if (loaded.IsCompletedSuccessfully)
                        Retire(loaded.Result, ((Slot)state).Bytes);
                    SignalRoom();
                }
            },
            slot, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Spares end with the last value: an idle node holds nothing.</summary>
    private void Retire(TValue value, long bytes)
    {
        if (keepSpares && _slots.Count > 0)
        {
            _spares.Add((bytes, value));
            return;
        }

        value.Dispose();
        while (_slots.Count == 0 && _spares.Count > 0)
            TakeSpare(0).Dispose();
    }

    private void SignalRoom()
    {
        TaskCompletionSource freed = _roomFreed;
        _roomFreed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        freed.SetResult();
    }

    /// <summary>The right to use a value until it is disposed.</summary>
    internal sealed class Lease(LeasedCache<TKey, TValue> cache, Slot slot, TValue value) : IDisposable
    {
        private int _isReleased;

        internal TValue Value => value;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReleased, 1) == 0)
                cache.Release(slot);
        }
    }

    internal sealed class Slot(TKey key, long bytes)
    {
        internal TKey Key => key;

        internal long Bytes => bytes;

        internal CancellationTokenSource Loading { get; } = new();

        internal Task<TValue> Value { get; set; } = null!;

        internal int Leases { get; set; }

        internal bool IsDropped { get; set; }
    }
}
