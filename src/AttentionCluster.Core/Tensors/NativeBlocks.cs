using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace AttentionCluster.Core.Tensors;

/// <summary>
/// Where <see cref="NativeBuffer"/> gets its memory. The first touch of a fresh 4 KiB page costs some 10 us on a virtual machine, which
/// for a partial is a tenth of computing it. So large blocks ask for huge pages, and middling ones are kept when they are freed,
/// for the next of the same size: the partials and query blocks of a job are all alike.
/// </summary>
internal static unsafe partial class NativeBlocks
{
    /// <summary>Blocks that are kept, in all: 64 MiB, more than the partials in flight of an ordinary job.</summary>
    internal const long KeptBytesMax = 64L << 20;

    /// <summary>Smaller blocks are the allocator's business: it keeps them itself.</summary>
    private const long KeptBlockBytesMin = 64L << 10;

    /// <summary>The size of a huge page on x64 and most arm64 systems, and the least that asks for one.</summary>
    private const nuint HugePageBytes = 2 << 20;

    /// <summary>Of <c>madvise</c> on Linux.</summary>
    private const int AdviseHugePage = 14;

    private static readonly ConcurrentDictionary<long, ConcurrentBag<nint>> s_kept = new();
    private static long s_keptBytes;

    /// <summary>Bytes that are kept now.</summary>
    internal static long KeptBytes => Interlocked.Read(ref s_keptBytes);

    internal static nint Take(long byteLength)
    {
        if (IsKept(byteLength) && s_kept.TryGetValue(byteLength, out ConcurrentBag<nint>? blocks) && blocks.TryTake(out nint kept))
        {
            Interlocked.Add(ref s_keptBytes, -byteLength);
            return kept;
        }

        nuint bytes = (nuint)Math.Max(byteLength, 1);
        bool isHuge = bytes >= HugePageBytes && OperatingSystem.IsLinux();
        void* block = NativeMemory.AlignedAlloc(bytes, isHuge ? HugePageBytes : NativeBuffer.Alignment);

        // Advice alone: where it isn't taken, the pages are small ones.
        if (isHuge)
            _ = Advise(block, bytes, AdviseHugePage);
        return (nint)block;
    }

    internal static void Give(nint block, long byteLength)
    {
        if (block == 0)
            return;
        if (IsKept(byteLength))
        {
            if (Interlocked.Add(ref s_keptBytes, byteLength) <= KeptBytesMax)
            {
                s_kept.GetOrAdd(byteLength, _ => []).Add(block);
                return;
            }

            Interlocked.Add(ref s_keptBytes, -byteLength);
        }

        NativeMemory.AlignedFree((void*)block);
    }

    private static bool IsKept(long byteLength) => byteLength is >= KeptBlockBytesMin and <= KeptBytesMax / 16;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
