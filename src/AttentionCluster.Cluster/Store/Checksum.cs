using System.IO.Hashing;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// XXH3 with 64 bits: against broken hardware and software, not against forgers. It runs at the speed of memory.
/// </summary>
internal static class Checksum
{
    /// <summary>A span can't be longer than an int says.</summary>
    private const int RunBytes = 1 << 30;

    internal static ulong Of(NativeBuffer bytes)
    {
        var hash = new XxHash3();
        for (long at = 0; at < bytes.ByteLength; at += RunBytes)
            hash.Append(bytes.Slice(at, (int)Math.Min(RunBytes, bytes.ByteLength - at)));
        return hash.GetCurrentHashAsUInt64();
    }
}
