namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// Values that several tasks share while they need them: loaded once however many ask at the same time, within a limit of
/// bytes. A value without a lease stays until others need its room, or leaves at once, as chosen. Who waits for room gets it in the order
/// of asking.
/// </summary>
/// <remarks>
/// The queue is the cache's own, because room is more than a number of bytes: unused values are evicted for who waits, and the memory of a
/// value that leaves goes to the first that waits for as many bytes.
/// </remarks>
/// <param name="bytesMax">Of all values, and of those that wait to be loaded anew.</param>
/// <param name="keepUnused">Whether a value without a lease stays.</param>
/// <param name="keepSpares">
/// Whether a value that leaves is kept, for the next one of as many bytes to take its memory, until others need its room or no value is
/// left: pages that the operating system must find and clear can cost more than to fill them.
/// </param>
internal sealed class LeasedCache<TKey, TValue>(long bytesMax, bool keepUnused, bool keepSpares = false) : IDisposable
    where TKey : notnull
    where TValue : class, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Slot> _slots = [];

    /// <summary>Slots without a lease, the least recently used first.</summary>
    private readonly LinkedList<Slot> _unused = [];

    /// <summary>Slots that wait for room, in the order of asking.</summary>
    private readonly LinkedList<Slot> _waiting = [];

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
    /// Loads it, and gets a value of as many bytes that nobody wants any more, if there is one: it owns that from then on. Its token is
    /// cancelled when nobody waits any more.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    internal async Task<Lease> AcquireAsync(
        TKey key, long bytes, Func<TValue?, CancellationToken, Task<TValue>> load, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, bytesMax);
        Slot slot;
        lock (_lock)
            slot = TakeOrAdd(key, bytes, load);
        try
        {
            await slot.HasRoom.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new Lease(this, slot, await slot.Value!.WaitAsync(cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            Release(slot);
            throw;
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

    private Slot TakeOrAdd(TKey key, long bytes, Func<TValue?, CancellationToken, Task<TValue>> load)
    {
        if (_slots.TryGetValue(key, out Slot? slot))
        {
            if (slot.Leases++ == 0)
                _unused.Remove(slot);
            return slot;
        }

        slot = new Slot(key, bytes, load) { Leases = 1 };
        _slots.Add(key, slot);
        _waiting.AddLast(slot);
        LoadWaiting();
        return slot;
    }

    /// <summary>Starts to load what waits for room, in order, as far as there is room.</summary>
    private void LoadWaiting()
    {
        while (_waiting.First?.Value is { } first)
        {
            TValue? spare = MakeRoom(first.Bytes);
            if (!HasRoom(first.Bytes))
                return;
            _waiting.RemoveFirst();
            _bytes += first.Bytes;
            first.Start(spare);
        }
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
                _unused.RemoveFirst();
                Leave(oldest.Value);
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
            if (slot.IsDropped || !keepUnused || slot.Value is not { IsCompletedSuccessfully: true })
            {
                if (!slot.IsDropped)
                    _slots.Remove(slot.Key);
                Free(slot);
            }
            else
            {
                _unused.AddLast(slot);
                LoadWaiting();
            }
        }
    }

    /// <summary>A slot without leases leaves: at once, or when its load has ended.</summary>
    private void Free(Slot slot)
    {
        _unused.Remove(slot);
        if (slot.Value is null)
        {
            // Those behind it may have room.
            _waiting.Remove(slot);
            slot.Loading.Dispose();
            LoadWaiting();
            return;
        }

        slot.Loading.Cancel();
        _ = slot.Value.ContinueWith(
            (_, state) =>
            {
                lock (_lock)
                {
                    Leave((Slot)state!);
                    LoadWaiting();
                }
            },
            slot, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>
    /// The memory of a slot whose load has ended is for others. Spares end with the last slot: an idle node holds nothing.
    /// </summary>
    private void Leave(Slot slot)
    {
        slot.Loading.Dispose();
        _bytes -= slot.Bytes;
        if (slot.Value!.IsCompletedSuccessfully)
            _spares.Add((slot.Bytes, slot.Value.Result));
        else
            _ = slot.Value.Exception;
        while ((!keepSpares || _slots.Count == 0) && _spares.Count > 0)
            TakeSpare(0).Dispose();
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

    internal sealed class Slot(TKey key, long bytes, Func<TValue?, CancellationToken, Task<TValue>> load)
    {
        /// <summary>Null once it has begun, so that it keeps nothing of the one that asked first.</summary>
        private Func<TValue?, CancellationToken, Task<TValue>>? _load = load;

        internal TKey Key => key;

        internal long Bytes => bytes;

        internal CancellationTokenSource Loading { get; } = new();

        /// <summary>Completed when <see cref="Value"/> is there.</summary>
        internal TaskCompletionSource HasRoom { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Null while the slot waits for room.</summary>
        internal Task<TValue>? Value { get; private set; }

        internal int Leases { get; set; }

        internal bool IsDropped { get; set; }

        internal void Start(TValue? spare)
        {
            Func<TValue?, CancellationToken, Task<TValue>> load = _load!;
            CancellationToken token = Loading.Token;
            _load = null;
            Value = Task.Run(() => load(spare, token));
            HasRoom.SetResult();
        }
    }
}
