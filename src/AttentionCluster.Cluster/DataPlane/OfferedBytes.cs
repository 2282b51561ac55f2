using System.Collections.Concurrent;
using System.IO.Hashing;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>What a node offers to others: payloads by id, each with its checksum.</summary>
internal sealed class OfferedBytes(string node) : IDisposable
{
    /// <summary>A span can't be longer than an int says.</summary>
    private const int HashedRunBytes = 1 << 30;

    private readonly ConcurrentDictionary<ulong, (string Job, NativeBuffer Bytes)> _payloads = new();
    private ulong _lastId;

    internal Claim Add(string job, NativeBuffer payload)
    {
        ulong id = Interlocked.Increment(ref _lastId);
        var claim = new Claim(node, id, payload.ByteLength, Checksum(payload));
        _payloads[id] = (job, payload);
        return claim;
    }

    /// <summary>
    /// Takes a payload out, to be read by one caller alone, who then frees it or, when it could not be delivered, puts it
    /// back.
    /// </summary>
    internal (string Job, NativeBuffer Bytes)? Take(Claim claim) =>
        claim.Node == node && _payloads.TryRemove(claim.Id, out (string Job, NativeBuffer Bytes) payload) ? payload : null;

    internal void PutBack(Claim claim, (string Job, NativeBuffer Bytes) payload) => _payloads[claim.Id] = payload;

    internal void RemoveAll(string job)
    {
        foreach ((ulong id, (string owner, NativeBuffer _)) in _payloads)
        {
            if (owner == job && _payloads.TryRemove(id, out (string Job, NativeBuffer Bytes) payload))
                payload.Bytes.Dispose();
        }
    }

    internal static ulong Checksum(NativeBuffer bytes)
    {
        var hash = new XxHash3();
        for (long at = 0; at < bytes.ByteLength; at += HashedRunBytes)
            hash.Append(bytes.Slice(at, (int)Math.Min(HashedRunBytes, bytes.ByteLength - at)));
        return hash.GetCurrentHashAsUInt64();
    }

    public void Dispose()
    {
        foreach ((_, NativeBuffer bytes) in _payloads.Values)
            bytes.Dispose();
        _payloads.Clear();
    }
}
