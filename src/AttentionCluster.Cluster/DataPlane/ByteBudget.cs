namespace AttentionCluster.Cluster.DataPlane;

/// <summary>
/// A number of bytes that several share. Who waits for bytes gets them in the order of asking, so a large request is not overtaken by small
/// ones for ever.
/// </summary>
/// <remarks>
/// <c>System.Threading.RateLimiting.ConcurrencyLimiter</c> has this queue too, but looks at it only when a lease ends: whoever stands
/// behind a large request that was cancelled would go on waiting beside free bytes. Its permits are <see cref="int"/>, its leases can't
/// change their size.
/// </remarks>
/// <param name="bytesMax">All that may be taken at a time.</param>
internal sealed class ByteBudget(long bytesMax)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource<ByteLease> Lease)> _waiting = [];
    private long _taken;

    /// <summary>Bytes of all leases.</summary>
    internal long Taken
    {
        get
        {
            lock (_lock)
                return _taken;
        }
    }

    /// <summary>Waits for bytes.</summary>
    /// <param name="bytes">How many; at most the whole budget.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    internal async Task<ByteLease> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, bytesMax);
        LinkedListNode<(long Bytes, TaskCompletionSource<ByteLease> Lease)> place;
        lock (_lock)
        {
            place = _waiting.AddLast((bytes, new TaskCompletionSource<ByteLease>(TaskCreationOptions.RunContinuationsAsynchronously)));
            ServeWaiting();
        }

        CancellationTokenRegistration registration = cancellationToken.Register(() => GiveUp(place, cancellationToken));
        await using (registration.ConfigureAwait(false))
            return await place.Value.Lease.Task.ConfigureAwait(false);
    }

    /// <summary>Takes bytes at once, even when others wait.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="instead">What is given back for them; it stays as it is when there are too few.</param>
    /// <returns>Null when there are too few.</returns>
    internal ByteLease? TryTake(long bytes, ByteLease? instead = null)
    {
        lock (_lock)
        {
            long others = _taken - (instead?.Bytes ?? 0);
            if (others + bytes > bytesMax)
                return null;
            instead?.Empty();
            _taken = others + bytes;
            ServeWaiting();
            return new ByteLease(this, bytes);
        }
    }

    internal void Return(ByteLease lease)
    {
        lock (_lock)
        {
            _taken -= lease.Empty();
            ServeWaiting();
        }
    }

    private void ServeWaiting()
    {
        while (_waiting.First is { } first && _taken + first.Value.Bytes <= bytesMax)
        {
            _waiting.RemoveFirst();
            _taken += first.Value.Bytes;
            first.Value.Lease.SetResult(new ByteLease(this, first.Value.Bytes));
        }
    }

    private void GiveUp(LinkedListNode<(long Bytes, TaskCompletionSource<ByteLease> Lease)> place, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // It was served before: whoever waits for it gets the lease, and ends it.
            if (place.List is null)
                return;
            _waiting.Remove(place);
            place.Value.Lease.SetCanceled(cancellationToken);

            // Those behind it may fit.
            ServeWaiting();
        }
    }
}
