using AttentionCluster.Cluster.Jobs.Reduction;
using AttentionCluster.Cluster.Jobs.Reporting;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>What the decisions about one job are made from.</summary>
/// <param name="plan">The job's plan.</param>
/// <param name="limits">Its bounds.</param>
/// <param name="costs">What things cost.</param>
/// <param name="blocksDone">Blocks that were written before the job began here.</param>
internal sealed class JobParts(AttentionPlan plan, JobLimits limits, CostModel costs, IReadOnlyCollection<int> blocksDone)
{
    internal AttentionPlan Plan => plan;

    internal JobLimits Limits => limits;

    internal TaskSchedule Schedule { get; } = new(plan, costs, blocksDone);

    internal TaskAttempts Attempts { get; } = new();

    internal BlockReductions Open { get; } = new(plan);

    internal PartialBudget Budget { get; } = new(plan, limits);

    internal EmptyBlocks Empty { get; } = new(plan, limits.TasksInFlight, blocksDone);

    internal JobStatistics Statistics { get; } = new();

    internal ProgressDeadline Progress { get; } = new(limits.ProgressTimeout);

    /// <summary>Kernel tiles of a task.</summary>
    internal long TilesOf(TaskId task)
    {
        QueryBlock block = plan.Block(task.Block);
        long tiles = 0;
        long end = Math.Min(task.Node.EndSegment, block.Segments.End);
        for (long segment = Math.Max(task.Node.FirstSegment, block.Segments.Start); segment < end; segment++)
            tiles += plan.TaskTiles(block, (int)segment);
        return tiles;
    }
}
