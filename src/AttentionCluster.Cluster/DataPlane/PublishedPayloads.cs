using System.Diagnostics.CodeAnalysis;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>
/// What a node offers to others: payloads by id, each with the job that owns it. A payload leaves when it is withdrawn, or when it has
/// become too old; while it is being read it stays, and leaves right after. None makes room for another: whoever wants to offer more than
/// the limit leaves waits with <see cref="ReserveAsync"/>.
/// </summary>
internal sealed class PublishedPayloads : IDisposable
{
    /// <summary>How often payloads are looked through within the age that they may reach.</summary>
    private const int LooksPerAge = 4;

    private readonly Lock _lock = new();

    /// <summary>Ids ascend, so the first is the oldest.</summary>
    private readonly SortedDictionary<ulong, PublishedPayload> _payloads = [];

    private readonly long _bytesMax;
    private readonly ByteBudget _room;
    private readonly TimeSpan _ageMax;
    private readonly TimeProvider _clock;
    private readonly ITimer _ageing;

    private ulong _lastId;
    private long _bytes;

    /// <summary>Nothing offered yet.</summary>
    /// <param name="node">The node's name, which claims bear.</param>
    /// <param name="bytesMax">All payloads together, in bytes.</param>
    /// <param name="ageMax">How long a payload waits to be pulled.</param>
    /// <param name="clock">For the age.</param>
    /// <param name="lastId">Where ids start; another one each time, so that a claim from before a restart names nothing.</param>
    internal PublishedPayloads(string node, long bytesMax, TimeSpan ageMax, TimeProvider clock, ulong lastId)
    {
        (Node, _bytesMax, _ageMax, _clock, _lastId) = (node, bytesMax, ageMax, clock, lastId);
        _room = new ByteBudget(bytesMax);
        _ageing = clock.CreateTimer(_ => FreeOld(), null, ageMax / LooksPerAge, ageMax / LooksPerAge);
    }

    /// <summary>The node that offers.</summary>
    public string Node { get; }

    /// <summary>All that is published, in bytes, without what is only reserved.</summary>
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
    public bool TryRead(ulong id, [NotNullWhen(true)] out PublishedRead? read, out bool isBusy)
    {
        lock (_lock)
        {
            bool isKnown = _payloads.TryGetValue(id, out PublishedPayload? payload) && !payload.IsWithdrawn;
            isBusy = isKnown && payload!.IsBeingRead;
            read = isKnown && !isBusy ? new PublishedRead(this, payload!) : null;
            if (read is not null)
                payload!.IsBeingRead = true;
            return read is not null;
        }
    }

    /// <summary>Frees a payload, now or when its reader has ended.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Release(ulong id)
    {
        lock (_lock)
        {
            if (!_payloads.TryGetValue(id, out PublishedPayload? payload) || payload.IsWithdrawn)
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

    /// <summary>
    /// Waits until so many bytes more may be published. Who came first is served first, so that a large payload waits no longer than
    /// others.
    /// </summary>
    /// <param name="bytes">How many.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The right to offer them, to be disposed when that is done, or will not be done.</returns>
    /// <exception cref="DataPlaneException">More than the node may ever offer.</exception>
    internal Task<ByteLease> ReserveAsync(long bytes, CancellationToken cancellationToken) => bytes <= _bytesMax
        ? _room.TakeAsync(bytes, cancellationToken)
        : throw new DataPlaneException($"node {Node} can't offer {bytes} bytes: its limit is {_bytesMax}");

    /// <param name="job">Whose it is.</param>
    /// <param name="payload">The bytes.</param>
    /// <param name="address">Where others pull them.</param>
    /// <param name="room">From <see cref="ReserveAsync"/>, and used up by this; null when there must be room now.</param>
    /// <exception cref="DataPlaneException">More than the node may offer; the payload has been freed.</exception>
    internal Claim Add(string job, NativeBuffer payload, string address, ByteLease? room)
    {
        ulong checksum = Checksum.Of(payload);
        lock (_lock)
        {
            if (_room.TryTake(payload.ByteLength, instead: room) is not { } taken)
            {
                payload.Dispose();
                throw new DataPlaneException(
                    $"node {Node} can't offer {payload.ByteLength} bytes more: {_room.Taken} are offered or about to be, and its limit is "
                        + $"{_bytesMax}");
            }

            ulong id = ++_lastId;
            _payloads.Add(id, new PublishedPayload(id, job, payload, taken, _clock.GetTimestamp()));
            _bytes += payload.ByteLength;
            return new Claim(Node, address, id, payload.ByteLength, checksum);
        }
    }

    internal void ReleaseAll(string job) => LeaveAll(payload => payload.Job == job);

    /// <summary>Whether a payload can still be read, now or when its reader has ended.</summary>
    internal bool IsPublished(ulong id)
    {
        lock (_lock)
            return _payloads.TryGetValue(id, out PublishedPayload? payload) && !payload.IsWithdrawn;
    }

    internal void EndRead(PublishedPayload payload)
    {
        lock (_lock)
        {
            payload.IsBeingRead = false;
            if (payload.IsWithdrawn)
                Free(payload);
        }
    }

    private void FreeOld() => LeaveAll(payload => _clock.GetElapsedTime(payload.OfferedAt) >= _ageMax);

    private void LeaveAll(Func<PublishedPayload, bool> which)
    {
        lock (_lock)
        {
            foreach (PublishedPayload payload in _payloads.Values.Where(which).ToArray())
                Leave(payload);
        }
    }

    private void Leave(PublishedPayload payload)
    {
        payload.IsWithdrawn = true;
        if (!payload.IsBeingRead)
            Free(payload);
    }

    private void Free(PublishedPayload payload)
    {
        _payloads.Remove(payload.Id);
        _bytes -= payload.Bytes.ByteLength;
        payload.Bytes.Dispose();
        payload.Room.Dispose();
    }
}
