using System.Diagnostics.CodeAnalysis;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Reduction;

/// <summary>The open blocks: those with a task that was sent, and not all of them merged; by number, and by head.</summary>
internal sealed class BlockReductions(AttentionPlan plan)
{
    private readonly Dictionary<int, BlockReduction> _blocks = [];
    private readonly Dictionary<int, List<int>> _ofHead = [];

    internal int Count => _blocks.Count;

    /// <summary>The one that comes first in the plan; there must be one.</summary>
    internal int First => _blocks.Keys.Min();

    internal BlockReduction this[int block] => _blocks[block];

    internal bool TryGet(int block, [NotNullWhen(true)] out BlockReduction? open) => _blocks.TryGetValue(block, out open);

    /// <summary>Those of a head: batch entry times KV heads, plus KV head.</summary>
    internal IReadOnlyList<int> OfHead(int head) => _ofHead.TryGetValue(head, out List<int>? blocks) ? blocks : [];

    /// <summary>Whether the partial of a task has not arrived.</summary>
    internal bool IsWanted(TaskId task) => !_blocks[task.Block].HasArrived(task.Node);

    /// <summary>Opens a block, unless it is open.</summary>
    internal void Open(int block)
    {
        if (_blocks.ContainsKey(block))
            return;
        _blocks.Add(block, new BlockReduction(new MergeTree([.. plan.SegmentsOf(plan.Block(block))])));
        if (!_ofHead.TryGetValue(HeadOf(block), out List<int>? blocks))
            _ofHead.Add(HeadOf(block), blocks = []);
        blocks.Add(block);
    }

    internal void Close(int block)
    {
        _blocks.Remove(block);
        _ofHead[HeadOf(block)].Remove(block);
    }

    private int HeadOf(int block) => block % (plan.Shape.Batch * plan.Shape.KvHeads);
}
