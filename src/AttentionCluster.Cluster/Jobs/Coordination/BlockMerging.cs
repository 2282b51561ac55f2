using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs.Reduction;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>From pulled partials to written blocks: one merge at a time for each block, in the order of its tree.</summary>
/// <param name="job">The job.</param>
/// <param name="blocksDone">Blocks that were written before the job began here.</param>
/// <param name="keepsOrigins">Whether to remember where partials came from.</param>
internal sealed class BlockMerging(JobParts job, int blocksDone, bool keepsOrigins)
{
    /// <summary>Complete blocks whose rows are being written.</summary>
    private int _writing;

    private int _written = blocksDone;

    /// <summary>Whether rows are being written. The disk's patience has a limit of its own.</summary>
    internal bool IsWriting => _writing + job.Empty.WritingCount > 0;

    /// <summary>Whether all blocks have been written.</summary>
    internal bool IsComplete => _written == job.Plan.BlockCount;

    /// <summary>A partial has been pulled.</summary>
    internal void Pulled(TaskId task, List<JobEffect> effects)
    {
        BlockReduction block = job.Open[task.Block];
        block.Enqueue(task.Node);
        MergeNext(task.Block, block, effects);
    }

    /// <summary>
    /// The merge that the partial of a task made possible has been done; with the last one of a block, its rows have been written.
    /// </summary>
    internal void Merged(TaskId task, TimeSpan now, List<JobEffect> effects)
    {
        BlockReduction block = job.Open[task.Block];
        job.Budget.Add(block.EndMerge());
        job.Attempts.Finish(task);
        Claim claim = block.ClaimOf(task.Node);
        if (keepsOrigins)
            job.Statistics.CameFrom(task, new TaskOrigin(claim.Node, claim.Checksum));
        job.Statistics.Merged(job.Schedule.FlopsOf(task));
        if (job.Schedule.Finish(task) is { Count: > 0 } replicas)
            effects.Add(new JobEffect.Release(job.Schedule.SegmentOf(task), replicas));
        if (!block.IsComplete)
        {
            MergeNext(task.Block, block, effects);
            return;
        }

        _writing--;
        _written++;
        job.Progress.Advance(now);
        job.Budget.Add(-block.WaitingCount);
        job.Open.Close(task.Block);
    }

    /// <summary>The rows of a block without a visible key have been written.</summary>
    internal void EmptyWritten(TimeSpan now)
    {
        job.Empty.End();
        job.Progress.Advance(now);
        _written++;
    }

    private void MergeNext(int number, BlockReduction block, List<JobEffect> effects)
    {
        if (!block.TryBeginMerge(out TreeNode node, out IReadOnlyList<MergeStep> steps))
            return;
        if (block.IsComplete)
            _writing++;
        effects.Add(new JobEffect.Merge(new TaskId(number, node), steps, block.IsComplete));
    }
}
