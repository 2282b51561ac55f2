using System.Diagnostics.CodeAnalysis;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>The blocks with a task out, or not all of it merged; by number, and by head.</summary>
internal sealed class OpenBlocks(AttentionPlan plan)
{
    private readonly Dictionary<int, OpenBlock> _blocks = [];
    private readonly Dictionary<int, List<int>> _ofHead = [];

    internal int Count => _blocks.Count;

    /// <summary>The one that comes first in the plan; there must be one.</summary>
    internal int First => _blocks.Keys.Min();

    internal OpenBlock this[int block] => _blocks[block];

    internal bool TryGet(int block, [NotNullWhen(true)] out OpenBlock? open) => _blocks.TryGetValue(block, out open);

    /// <summary>Those of a head: batch entry times KV heads, plus KV head.</summary>
    internal IReadOnlyList<int> OfHead(int head) => _ofHead.TryGetValue(head, out List<int>? blocks) ? blocks : [];

    /// <summary>Opens a block, unless it is open.</summary>
    internal void Open(int block)
    {
        if (!_blocks.TryAdd(block, new OpenBlock(new MergeTree([.. plan.SegmentsOf(plan.Block(block))]))))
            return;
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
