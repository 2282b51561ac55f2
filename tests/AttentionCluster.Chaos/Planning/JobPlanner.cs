using AttentionCluster.Chaos.Jobs;

namespace AttentionCluster.Chaos.Planning;

/// <summary>Draws jobs: which tensors, and how they are cut.</summary>
internal static class JobPlanner
{
    /// <summary>Parts of the usual number: keys of a segment need not be a power of two, nor divide the rows.</summary>
    private static readonly (int Times, int Of)[] s_segments = [(1, 1), (3, 8)];

    private static readonly (int Times, int Of)[] s_blocks = [(1, 2), (3, 4), (1, 1), (2, 1)];

    /// <summary>One of the catalogue.</summary>
    public static JobWork Draw(Random random) => Cut(random, JobWork.Catalogue[random.Next(JobWork.Catalogue.Count)]);

    /// <summary>One whose input is so large that its gateway does not hold it in memory.</summary>
    public static JobWork DrawLarge(Random random) => Cut(random, JobWork.Catalogue.MaxBy(work => work.Rows)!);

    private static JobWork Cut(Random random, JobWork work)
    {
        (int segmentTimes, int segmentOf) = s_segments[random.Next(s_segments.Length)];
        (int blockTimes, int blockOf) = s_blocks[random.Next(s_blocks.Length)];
        return work.CutInto(work.KeysPerSegment * segmentTimes / segmentOf, work.RowsPerBlock * blockTimes / blockOf);
    }
}
