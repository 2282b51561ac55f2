using System.Buffers;
using System.Collections.Concurrent;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Reduction;

/// <summary>
/// The bytes of a job on their way from partials to rows: pulls, merges, finishes and writes what the coordinator says. A partial goes by
/// its node of the block's merge tree. Pulls run side by side; for one block there is one merge at a time.
/// </summary>
internal sealed class BlockAssembly(AttentionPlan plan, IDataPlane dataPlane, ResultFile result) : IDisposable
{
    private readonly ConcurrentDictionary<TaskId, Partial> _partials = new();

    private long _bytesPulled;

    /// <summary>Bytes of the partials that have come, whole.</summary>
    internal long BytesPulled => Interlocked.Read(ref _bytesPulled);

    /// <summary>For how long writing rows is retried while the disk fails transiently.</summary>
    internal TimeSpan WritePatience { get; init; } = TimeSpan.FromMinutes(10);

    internal async Task PullAsync(TaskId task, Claim claim, CancellationToken cancellationToken)
    {
        var partial = Partial.OfUndefinedRows(plan.PartialRows(plan.Block(task.Block)), plan.Shape.ValueWidth, plan.PartialsHaveShift);
        try
        {
            await dataPlane.PullAsync(claim, partial.Buffer, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            partial.Dispose();
            throw;
        }

        Interlocked.Add(ref _bytesPulled, claim.Bytes);
        _partials[task] = partial;
    }

    /// <summary>
    /// Does the merges that a pulled partial makes possible, in their order, then writes the rows of its block when that is complete.
    /// </summary>
    internal Task MergeAsync(TaskId pulled, IReadOnlyList<MergeStep> steps, bool completesBlock, CancellationToken cancellationToken) =>
        Task.Run(() => MergeAndWriteAsync(pulled, steps, completesBlock, cancellationToken), CancellationToken.None);

    private async Task MergeAndWriteAsync(TaskId pulled, IReadOnlyList<MergeStep> steps, bool completesBlock,
        CancellationToken cancellationToken)
    {
        int block = pulled.Block;
        foreach (MergeStep step in steps)
        {
            using Partial right = Take(new TaskId(block, step.Right));
            PartialAlgebra.Merge(_partials[new TaskId(block, step.Left)], right);
            _partials[new TaskId(block, step.Parent)] = Take(new TaskId(block, step.Left));
        }

        if (completesBlock)
        {
            QueryBlock queryBlock = plan.Block(block);
            using Partial complete = Take(new TaskId(block, steps.Count > 0 ? steps[^1].Parent : pulled.Node));
            await WriteAsync(queryBlock, complete, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the rows of a block that sees no key.</summary>
    internal Task WriteEmptyAsync(int block, CancellationToken cancellationToken) =>
        Task.Run(() => WriteEmptyRowsAsync(block, cancellationToken), CancellationToken.None);

    private async Task WriteEmptyRowsAsync(int block, CancellationToken cancellationToken)
    {
        QueryBlock queryBlock = plan.Block(block);
        using var empty = new Partial(plan.PartialRows(queryBlock), plan.Shape.ValueWidth, plan.PartialsHaveShift);
        await WriteAsync(queryBlock, empty, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns when all rows that have been written are on the disk.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal Task FlushAsync() => Task.Run(result.Flush);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TaskId task in _partials.Keys)
            Take(task).Dispose();
    }

    private Partial Take(TaskId task) =>
        _partials.TryRemove(task, out Partial? partial) ? partial : throw new InvalidOperationException($"no partial for {task}");

    /// <summary>The rows stay in memory while they can't be written.</summary>
    private async Task WriteAsync(QueryBlock block, Partial partial, CancellationToken cancellationToken)
    {
        try
        {
            Write(block, partial);
        }
        catch (IOException problem) when (TransientFailure.Is(problem))
        {
            await TransientFailure
                .RetryAsync(() => Write(block, partial), WritePatience, TimeProvider.System, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private void Write(in QueryBlock block, Partial partial)
    {
        int width = plan.Shape.ValueWidth;
        float[] output = ArrayPool<float>.Shared.Rent(block.Rows * width);
        float[] lse = ArrayPool<float>.Shared.Rent(block.Rows);
        try
        {
            for (int i = 0; i < plan.Shape.GroupSize; i++)
            {
                int head = (block.KvHead * plan.Shape.GroupSize) + i;
                float sink = plan.Rules.Tensors?.SinkLogits?[head] ?? float.NegativeInfinity;
                for (int row = 0; row < block.Rows; row++)
                    lse[row] = PartialAlgebra.Finish(partial, (i * block.Rows) + row, output.AsSpan(row * width, width), sink);
                result.WriteRows(block.Batch, head, block.FirstRow, output.AsSpan(0, block.Rows * width), lse.AsSpan(0, block.Rows));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(output);
            ArrayPool<float>.Shared.Return(lse);
        }
    }
}
