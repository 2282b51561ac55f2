using System.Diagnostics.CodeAnalysis;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>
/// What a node offers to others: payloads by id, each with the job that owns it. A payload leaves when it is withdrawn, or when it has become
/// too old; while it is being read it stays, and leaves right after. None makes room for another: whoever wants to offer more than the limit
/// leaves waits with <see cref="ReserveAsync"/>.
/// </summary>
public sealed class OfferedBytes : IDisposable
{
    /// <summary>How often payloads are looked through within the age that they may reach.</summary>
    private const int LooksPerAge = 4;

    private readonly Lock _lock = new();

    /// <summary>Ids ascend, so the first is the oldest.</summary>
    private readonly SortedDictionary<ulong, OfferedPayload> _payloads = [];

    private readonly long _bytesMax;
    private readonly TimeSpan _ageMax;
    private readonly TimeProvider _clock;
    private readonly ITimer _ageing;

    /// <summary>Those who wait for room, the first who came first.</summary>
    private readonly LinkedList<(long Bytes, TaskCompletionSource<OfferRoom> Room)> _waiting = [];

    private ulong _lastId;
    private long _bytes;

    /// <summary>Bytes that somebody has room for, and has not offered yet.</summary>
    private long _reserved;

    /// <summary>Nothing offered yet.</summary>
    /// <param name="node">The node's name, which claims bear.</param>
    /// <param name="bytesMax">All payloads together, in bytes.</param>
    /// <param name="ageMax">How long a payload waits to be pulled.</param>
    /// <param name="clock">For the age.</param>
    /// <param name="lastId">Where ids start; another one each time, so that a claim from before a restart names nothing.</param>
    internal OfferedBytes(string node, long bytesMax, TimeSpan ageMax, TimeProvider clock, ulong lastId)
    {
        (Node, _bytesMax, _ageMax, _clock, _lastId) = (node, bytesMax, ageMax, clock, lastId);
        _ageing = clock.CreateTimer(_ => FreeOld(), null, ageMax / LooksPerAge, ageMax / LooksPerAge);
    }

    /// <summary>The node that offers.</summary>
    public string Node { get; }

    /// <summary>All that is offered, in bytes, without what is only reserved.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>Starts to read a payload; there is one reader at a time.</summary>
    /// <param name="id">The claim's id.</param>
    /// <param name="read">The payload, for this reader alone. It stays offered until it is withdrawn.</param>
    /// <param name="isBusy">When there is none: whether that is because somebody reads it.</param>
    public bool TryRead(ulong id, [NotNullWhen(true)] out OfferedRead? read, out bool isBusy)
    {
        lock (_lock)
        {
            bool isKnown = _payloads.TryGetValue(id, out OfferedPayload? payload) && !payload.IsWithdrawn;
            isBusy = isKnown && payload!.IsBeingRead;
            read = isKnown && !isBusy ? new OfferedRead(this, payload!) : null;
            if (read is not null)
                payload!.IsBeingRead = true;
            return read is not null;
        }
    }

    /// <summary>Frees a payload, now or when its reader has ended.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Withdraw(ulong id)
    {
        lock (_lock)
        {
            if (!_payloads.TryGetValue(id, out OfferedPayload? payload) || payload.IsWithdrawn)
                return false;
            Leave(payload);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ageing.Dispose();
        LeaveAll(_ => true);
    }

    /// <summary>Waits until so many bytes more may be offered. Who came first is served first, so that a large payload waits no longer than others.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The right to offer them, to be disposed when that is done, or will not be done.</returns>
    /// <exception cref="DataPlaneException">More than the node may ever offer.</exception>
    internal async Task<OfferRoom> ReserveAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytes > _bytesMax)
            throw new DataPlaneException($"node {Node} can't offer {bytes} bytes: its limit is {_bytesMax}");
        LinkedListNode<(long Bytes, TaskCompletionSource<OfferRoom> Room)> place;
        lock (_lock)
        {
            place = _waiting.AddLast((bytes, new TaskCompletionSource<OfferRoom>(TaskCreationOptions.RunContinuationsAsynchronously)));
            GiveRoom();
        }

        CancellationTokenRegistration registration = cancellationToken.Register(() => GiveUp(place, cancellationToken));
        await using (registration.ConfigureAwait(false))
            return await place.Value.Room.Task.ConfigureAwait(false);
    }

    /// <param name="job">Whose it is.</param>
    /// <param name="payload">The bytes.</param>
    /// <param name="address">Where others pull them.</param>
    /// <param name="room">From <see cref="ReserveAsync"/>; null when there must be room now.</param>
    /// <exception cref="DataPlaneException">More than the node may offer; the payload has been freed.</exception>
    internal Claim Add(string job, NativeBuffer payload, string address, OfferRoom? room)
    {
        ulong checksum = Checksum.Of(payload);
        lock (_lock)
        {
            _reserved -= room?.Take() ?? 0;
            if (_bytes + _reserved + payload.ByteLength > _bytesMax)
            {
                payload.Dispose();
                throw new DataPlaneException($"node {Node} can't offer {payload.ByteLength} bytes more: {_bytes + _reserved} are offered or about to be, and its limit is {_bytesMax}");
            }

            ulong id = ++_lastId;
            _payloads.Add(id, new OfferedPayload(id, job, payload, _clock.GetTimestamp()));
            _bytes += payload.ByteLength;
            return new Claim(Node, address, id, payload.ByteLength, checksum);
        }
    }

    internal void WithdrawAll(string job) => LeaveAll(payload => payload.Job == job);

    /// <summary>Whether a payload can still be read, now or when its reader has ended.</summary>
    internal bool IsOffered(ulong id)
    {
        lock (_lock)
            return _payloads.TryGetValue(id, out OfferedPayload? payload) && !payload.IsWithdrawn;
    }

    /// <summary>What was reserved is not needed any more.</summary>
    internal void Release(OfferRoom room)
    {
        lock (_lock)
        {
            _reserved -= room.Take();
            GiveRoom();
        }
    }

    internal void EndRead(OfferedPayload payload)
    {
        lock (_lock)
        {
            payload.IsBeingRead = false;
            if (payload.IsWithdrawn)
                Free(payload);
        }
    }

    private void FreeOld() => LeaveAll(payload => _clock.GetElapsedTime(payload.OfferedAt) >= _ageMax);

    private void LeaveAll(Func<OfferedPayload, bool> which)
    {
        lock (_lock)
        {
            foreach (OfferedPayload payload in _payloads.Values.Where(which).ToArray())
                Leave(payload);
        }
    }

    private void Leave(OfferedPayload payload)
    {
        payload.IsWithdrawn = true;
        if (!payload.IsBeingRead)
            Free(payload);
    }

    private void Free(OfferedPayload payload)
    {
        _payloads.Remove(payload.Id);
        _bytes -= payload.Bytes.ByteLength;
        payload.Bytes.Dispose();
        GiveRoom();
    }

    private void GiveRoom()
    {
        while (_waiting.First is { } first && _bytes + _reserved + first.Value.Bytes <= _bytesMax)
        {
            _waiting.RemoveFirst();
            _reserved += first.Value.Bytes;
            first.Value.Room.SetResult(new OfferRoom(this, first.Value.Bytes));
        }
    }

    /// <summary>Unless it has room by now: then its waiter gets that, and returns it.</summary>
    private void GiveUp(LinkedListNode<(long Bytes, TaskCompletionSource<OfferRoom> Room)> place, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (place.List is null)
                return;
            _waiting.Remove(place);
            place.Value.Room.SetCanceled(cancellationToken);

            // It may have been the one that was too large for the room that there is.
            GiveRoom();
        }
    }
}
