using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Verification;

/// <summary>
/// Finds out whose arithmetic was wrong when a result fails its verification. A task has the same bits wherever it is computed, so this
/// node computes the tasks of the wrong rows again, and a partial that came with another checksum names its worker.
/// </summary>
internal sealed class ArithmeticCheck(TensorStore store, MemoryShares shares, NodeOptions options, TimeProvider clock)
{
    /// <summary>A worker that computes wrongly does so again and again: a few blocks are enough to name it.</summary>
    private const int BlocksMax = 4;

    /// <summary>Names the workers.</summary>
    /// <param name="job">The job.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="origins">Where its partials came from.</param>
    /// <param name="wrong">Rows that are wrong.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <returns>None when all partials of these rows are as they should be, or when this node has no memory to compute a task.</returns>
    /// <exception cref="DataPlaneException">Rows of the job's tensors can't be read.</exception>
    internal async Task<IReadOnlyList<string>> FindAsync(
        JobRequest job, AttentionPlan plan, IReadOnlyDictionary<TaskId, TaskOrigin> origins, IReadOnlyList<OutputRow> wrong,
        CancellationToken cancellationToken)
    {
        if (shares.TasksAtWorker(plan, job.Key.Entry.Type, job.Value.Entry.Type, threads: 1, out _) == 0)
            return [];
        using var published = new PublishedPayloads(options.Name, shares.Partials, options.OfferAgeMax, clock, lastId: 0);
        using var pool = new ComputePool(threads: 1, queueMax: 1);
        var dataPlane = new InProcessDataPlane(store, published, options.ChunkBytes);
        using var runner = new TaskRunner(options.Name, dataPlane, pool, shares, clock);
        var messages = new TaskMessages(job, job.Id, plan, segmentBytes: 0, dataPlane.Address);
        var workers = new SortedSet<string>(StringComparer.Ordinal);
        foreach (QueryBlock block in wrong.Select(row => BlockOf(plan, row)).Distinct().Take(BlocksMax))
        {
            foreach (int segment in plan.SegmentsOf(block))
            {
                var task = TaskId.Of(block.Index, segment);
                if (!origins.TryGetValue(task, out TaskOrigin origin))
                    continue;
                TaskDone done = await runner.RunAsync(messages.Compute(task, attempt: 1), cancellationToken).ConfigureAwait(false);
                dataPlane.Release(done.Partial.ToClaim());
                if (done.Partial.Checksum != origin.Checksum)
                    workers.Add(origin.Worker);
            }
        }

        return [.. workers];
    }

    private static QueryBlock BlockOf(AttentionPlan plan, OutputRow row) =>
        Enumerable.Range(0, plan.BlockCount).Select(index => plan.Block(index)).First(block =>
        block.Batch == row.Batch && block.KvHead == row.Head / plan.Shape.GroupSize && block.FirstRow <= row.Row && row.Row < block.EndRow);
}
