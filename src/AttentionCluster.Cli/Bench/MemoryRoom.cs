using AttentionCluster.Core;

namespace AttentionCluster.Cli.Bench;

/// <summary>Whether a measurement fits the machine's memory, asked before anything is allocated.</summary>
internal static class MemoryRoom
{
    /// <summary>Refuses when <paramref name="bytesNeeded"/> are not free.</summary>
    /// <param name="bytesNeeded">What will be allocated.</param>
    /// <param name="what">What it is for.</param>
    /// <param name="remedy">What to change.</param>
    public static Refusal? Check(long bytesNeeded, string what, string remedy)
    {
        long free = FreeBytes();
        return bytesNeeded <= free ? null : new Refusal(
            ErrorCode.MemoryLimit, $"no room in memory for {what}: {ByteSize.Text(bytesNeeded)} needed, {ByteSize.Text(free)} free; "
                + $"{remedy}");
    }

    /// <summary>Memory that neither this process nor another uses, as the collector saw it; a container's limit counts.</summary>
    private static long FreeBytes()
    {
        // Before the first collection it has not looked.
        GC.Collect();
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        return memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes;
    }
}
