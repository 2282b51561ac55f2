using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>The gateway's partials and written blocks, as expressions that say what was merged with what.</summary>
internal sealed class SimulatedStore(AttentionPlan plan)
{
    private readonly Dictionary<TaskId, string> _partials = [];
    private readonly HashSet<int> _merging = [];
    private readonly Dictionary<int, string> _written = [];

    internal IReadOnlyDictionary<int, string> Written => _written;

    internal int PartialCount => _partials.Count;

    internal bool Holds(TaskId task) => _partials.ContainsKey(task);

    internal void Arrive(TaskId task) => _partials.Add(task, $"{task.Node}");

    internal void WriteEmpty(int block) => Assert.True(_written.TryAdd(block, ""), "a block written twice");

    internal void Begin(JobEffect.Merge merge) => Assert.True(_merging.Add(merge.Task.Block), "two merges of one block at a time");

    internal void Merge(JobEffect.Merge merge)
    {
        int block = merge.Task.Block;
        foreach (MergeStep step in merge.Steps)
        {
            Assert.True(_partials.Remove(new TaskId(block, step.Left), out string? left));
            Assert.True(_partials.Remove(new TaskId(block, step.Right), out string? right));
            _partials.Add(new TaskId(block, step.Parent), $"({left}+{right})");
        }

        if (merge.CompletesBlock)
        {
            TreeNode root = new MergeTree([.. plan.SegmentsOf(plan.Block(block))]).Root;
            Assert.True(_partials.Remove(new TaskId(block, root), out string? complete));
            Assert.DoesNotContain(_partials.Keys, left => left.Block == block);
            Assert.True(_written.TryAdd(block, complete), "a block written twice");
        }

        _merging.Remove(block);
    }
}
