using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>
/// Our kernel, from the same plain tensors as the peers to a plain output: packing K and V, computing, merging and finishing
/// are all inside the time.
/// </summary>
internal sealed unsafe class OurKernel : IPeer
{
    private readonly PeerProblem _problem;
    private readonly AttentionPlan _plan;
    private readonly ThreadTeam _team;
    private readonly float[] _output;
    private readonly PackedSegment[] _segments;
    private readonly Worker[] _workers;

    public OurKernel(PeerProblem problem, ThreadTeam team)
    {
        (_problem, _plan, _team) = (problem, problem.Plan, team);
        if (_plan.SegmentCount != 1)
            throw new ArgumentException("the problem must fit one segment a head", nameof(problem));
        _output = new float[_plan.Shape.Output.ElementCount];
        int columns = _plan.Options.Kernel.Resolve(out _).PackedColumns();
        _segments = [.. Enumerable.Range(0, _plan.Shape.KvHeads)
            .Select(_ => new PackedSegment(0, problem.Rows, problem.Width, problem.Width, columns: columns))];
        _workers = [.. Enumerable.Range(0, team.Threads).Select(_ => new Worker(_plan))];
    }

    public void Run()
    {
        _team.Share(_segments.Length, (_, head) =>
        {
            _segments[head].PackKeys(0, _problem.Head(_problem.Key, head));
            _segments[head].PackValues(0, _problem.Head(_problem.Value, head));
        });
        _team.Share(_plan.BlockCount, Compute);
    }

    public ReadOnlySpan<float> Output(int head, int row) =>
        _output.AsSpan((int)_plan.Shape.Output.RowOffset(0, head, row), _problem.Width);

    public void Dispose()
    {
        foreach (PackedSegment segment in _segments)
            segment.Dispose();
        foreach (Worker worker in _workers)
            worker.Dispose();
    }

    private void Compute(int thread, int index)
    {
        Worker worker = _workers[thread];
        QueryBlock block = _plan.Block(index);
        int group = _plan.Shape.GroupSize;
        int width = _problem.Width;
        for (int i = 0; i < group; i++)
        {
            int head = (block.KvHead * group) + i;
            float* queries = _problem.Query.Floats + _plan.Shape.Query.RowOffset(0, head, block.FirstRow);
            worker.Kernel.Compute(
                new KernelTask(queries, 1, block.FirstRow, block.Rows, _plan.Scale, _plan.Mask, _segments[block.KvHead]),
                worker.Workspace, worker.Partial, default);
            int first = (int)_plan.Shape.Output.RowOffset(0, head, block.FirstRow);
            for (int row = 0; row < block.Rows; row++)
                PartialAlgebra.Finish(worker.Partial, row, _output.AsSpan(first + (row * width), width));
        }
    }

    private sealed class Worker(AttentionPlan plan) : IDisposable
    {
        internal IAttentionKernel Kernel { get; } = KernelPaths.Create(plan.Options.Kernel.Resolve(out _));

        internal Workspace Workspace { get; } = new();

        internal Partial Partial { get; } = new(plan.RowsPerBlock, plan.Shape.ValueWidth);

        public void Dispose()
        {
            Workspace.Dispose();
            Partial.Dispose();
        }
    }
}
