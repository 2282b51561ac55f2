using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>A block with a task out, or not all of it merged.</summary>
internal sealed class OpenBlock(MergeTree tree)
{
    internal MergeTree Tree => tree;

    /// <summary>Merged partials that wait for their sibling, the finished one too.</summary>
    internal int Waits { get; set; }

    /// <summary>Segments whose partial is being pulled or here, with the claim for it.</summary>
    internal Dictionary<int, Claim> Arrived { get; } = [];

    /// <summary>Of the merge that is being done: each frees a partial.</summary>
    internal int StepsUnderWay { get; set; }

    /// <summary>All that were answered with.</summary>
    internal HashSet<Claim> Claims { get; } = [];

    /// <summary>Segments whose partial is here, and waits for the merge that is being done.</summary>
    internal Queue<int> Waiting { get; } = new();

    internal bool IsMerging { get; set; }
}
