using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Core.Checking;

/// <summary>Which rows of a job's input can change its result: what the mask hides whole may hold anything. Any thread.</summary>
/// <param name="plan">The job's.</param>
public sealed class InputVisibility(AttentionPlan plan)
{
    /// <summary>Whether a query row sees at least one key.</summary>
    /// <param name="batch">The batch entry.</param>
    /// <param name="head">The query head.</param>
    /// <param name="row">The row.</param>
    public bool SeesAny(int batch, int head, int row) => !plan.Mask.VisibleTo(row, plan.Shape.Keys).IsEmpty;

    /// <summary>Whether a key, and its value, is seen by at least one query row of the heads that read it.</summary>
    /// <param name="batch">The batch entry.</param>
    /// <param name="kvHead">The KV head.</param>
    /// <param name="key">The key.</param>
    public bool IsSeen(int batch, int kvHead, int key)
    {
        KeyRange seen = plan.Mask.VisibleToAny(0, plan.Shape.QueryRows, plan.Shape.Keys);
        return key >= seen.Start && key < seen.End;
    }
}
