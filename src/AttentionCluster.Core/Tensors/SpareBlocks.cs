using System.Runtime.InteropServices;

namespace AttentionCluster.Core.Tensors;

/// <summary>
/// Large blocks of memory that were freed a moment ago, for those who want as much again: segments come and go while a window moves over a sequence, and pages from
/// the operating system must be cleared first, which took 4 % of such a job's time. From any thread.
/// </summary>
internal static unsafe class SpareBlocks
{
    /// <summary>Bytes that are kept at most. Beyond, blocks go back to the operating system.</summary>
    internal const long BytesMax = 64L << 20;

    private static readonly Lock s_lock = new();

    /// <summary>The one that was freed last comes last.</summary>
    private static readonly List<(nint Address, long Bytes)> s_blocks = [];

    private static long s_bytes;

    /// <summary>A block of exactly this length, or 0 without one.</summary>
    internal static nint Take(long bytes)
    {
        lock (s_lock)
        {
            int at = s_blocks.FindLastIndex(block => block.Bytes == bytes);
            if (at < 0)
                return 0;
            nint address = s_blocks[at].Address;
            s_blocks.RemoveAt(at);
            s_bytes -= bytes;
            return address;
        }
    }

    /// <summary>Keeps a block; those that were freed first make room for it.</summary>
    internal static void Give(nint address, long bytes)
    {
        lock (s_lock)
        {
            s_blocks.Add((address, bytes));
            for (s_bytes += bytes; s_bytes > BytesMax; s_blocks.RemoveAt(0))
            {
                s_bytes -= s_blocks[0].Bytes;
                NativeMemory.AlignedFree((void*)s_blocks[0].Address);
            }
        }
    }
}
