using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Measuring;

/// <summary>
/// The tasks of a job, computed by threads that call the kernel and do nothing else: K and V are packed before, and partials are
/// dropped. What it reaches is the kernel's own speed.
/// </summary>
internal sealed unsafe class DirectJob : IDisposable
{
    private readonly AttentionPlan _plan;
    private readonly PackedContext _context;
    private readonly ThreadTeam _team;
    private readonly NativeBuffer _queries;
    private readonly Worker[] _workers;
    private readonly (QueryBlock Block, int Segment)[] _tasks;

    /// <summary>Makes random queries.</summary>
    /// <param name="plan">A job of one batch entry in which every query head has a KV head of its own.</param>
    /// <param name="context">K and V for the plan; its owner's.</param>
    /// <param name="team">The threads.</param>
    /// <param name="kernel">Computes the tasks, several at a time.</param>
    public DirectJob(AttentionPlan plan, PackedContext context, ThreadTeam team, IAttentionKernel kernel)
    {
        TensorShape shape = plan.Shape.Query;
        if (plan.Shape.Batch != 1 || plan.Shape.GroupSize != 1)
            throw new ArgumentException($"q {shape} and k {plan.Shape.Key} have batches or groups", nameof(plan));
        (_plan, _context, _team) = (plan, context, team);
        _queries = new NativeBuffer(QueryBytes(plan));
        _workers = [.. Enumerable.Range(0, team.Threads).Select(_ => new Worker(plan, kernel))];
        _tasks = [.. Tasks(plan)];
        team.Share(shape.Heads, (_, head) =>
        {
            long first = shape.RowOffset(0, head, 0);
            StandardNormal.Fill(1, "q", shape, first, _queries.FloatSpan(first, shape.Rows * shape.Width));
        });
    }

    /// <summary>Memory that the job takes beside its context, in bytes.</summary>
    public static long ByteLengthOf(AttentionPlan plan, int threads) =>
        QueryBytes(plan) + (threads * (Workspace.ByteLength + plan.PartialBytes(plan.RowsPerBlock)));

    /// <summary>Computes every task once.</summary>
    public void Run() => _team.Share(_tasks.Length, Compute);

    /// <inheritdoc/>
    public void Dispose()
    {
        _queries.Dispose();
        foreach (Worker worker in _workers)
            worker.Dispose();
    }

    private static IEnumerable<(QueryBlock Block, int Segment)> Tasks(AttentionPlan plan)
    {
        foreach (QueryBlock block in Enumerable.Range(0, plan.BlockCount).Select(plan.Block))
        {
            for (int segment = block.Segments.Start; segment < block.Segments.End; segment++)
                yield return (block, segment);
        }
    }

    private static long QueryBytes(AttentionPlan plan) => sizeof(float) * plan.Shape.Query.ElementCount;

    private void Compute(int thread, int index)
    {
        (QueryBlock block, int segment) = _tasks[index];
        float* queries = _queries.Floats + _plan.Shape.Query.RowOffset(0, block.KvHead, block.FirstRow);
        _workers[thread].Compute(new KernelTask(
            queries, 1, block.FirstRow, block.Rows, _plan.Scale, _plan.Mask, _context.Segment(block.KvHead, segment)));
    }

    private sealed class Worker(AttentionPlan plan, IAttentionKernel kernel) : IDisposable
    {
        private readonly Workspace _workspace = new();
        private readonly Partial _partial = new(plan.RowsPerBlock, plan.Shape.ValueWidth, plan.PartialsHaveShift);

        public void Compute(in KernelTask task) => kernel.Compute(task, _workspace, _partial, default);

        public void Dispose()
        {
            _workspace.Dispose();
            _partial.Dispose();
        }
    }
}
