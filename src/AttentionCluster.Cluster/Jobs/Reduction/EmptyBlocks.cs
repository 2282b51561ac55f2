using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Reduction;

/// <summary>The blocks without a visible key: their rows are written without a task, some at a time.</summary>
/// <param name="plan">The job's plan.</param>
/// <param name="atOnce">How many may be written at a time.</param>
/// <param name="done">Blocks that were written before the job began here.</param>
internal sealed class EmptyBlocks(AttentionPlan plan, int atOnce, IEnumerable<int> done)
{
    private readonly HashSet<int> _done = [.. done.Where(block => plan.Block(block).Segments.IsEmpty)];

    /// <summary>The first block that was not looked at.</summary>
    private int _next;

    /// <summary>How many are being written.</summary>
    internal int WritingCount { get; private set; }

    /// <summary>The blocks whose writing begins now.</summary>
    internal IEnumerable<int> Begin()
    {
        for (; _next < plan.BlockCount && WritingCount < atOnce; _next++)
        {
            if (!plan.Block(_next).Segments.IsEmpty || _done.Contains(_next))
                continue;
            WritingCount++;
            yield return _next;
        }
    }

    /// <summary>One has been written.</summary>
    internal void End() => WritingCount--;
}
