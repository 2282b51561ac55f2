using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Benchmarks;

/// <summary>One head whose keys are one packed segment, computed by calling the kernel block after block.</summary>
internal sealed unsafe class DirectProblem : IDisposable
{
    private readonly NativeBuffer _queries;
    private readonly PackedSegment _segment;
    private readonly Workspace _workspace = new();
    private readonly Partial _partial;
    private readonly IAttentionKernel _kernel;
    private readonly BandMask _mask;
    private readonly (int Rows, int Width) _shape;

    public DirectProblem(int n, int width, bool causal, KernelPath path)
    {
        _shape = (n, width);
        _kernel = KernelPaths.Create(path);
        _mask = causal ? new BandMask(-BandMask.Open, 0) : BandMask.Full;
        var shape = new TensorShape(1, 1, n, width);
        float[] numbers = new float[n * width];
        _queries = new NativeBuffer(4L * n * width);
        _segment = new PackedSegment(0, n, width, width);
        _partial = new Partial(AttentionPlan.RowsPerBlockDefault, width);
        StandardNormal.Fill(1, "k", shape, 0, numbers);
        _segment.PackKeys(0, numbers);
        StandardNormal.Fill(1, "v", shape, 0, numbers);
        _segment.PackValues(0, numbers);
        StandardNormal.Fill(1, "q", shape, 0, _queries.FloatSpan(0, n * width));
        Flops = 4.0 * width * _mask.CountVisible(0, n, new KeyRange(0, n));
    }

    /// <summary>Floating-point operations of the visible pairs.</summary>
    public double Flops { get; }

    public void RunOnce()
    {
        for (int row = 0; row < _shape.Rows; row += AttentionPlan.RowsPerBlockDefault)
        {
            int rows = Math.Min(AttentionPlan.RowsPerBlockDefault, _shape.Rows - row);
            _kernel.Compute(
                new KernelTask(_queries.Floats + ((long)row * _shape.Width), 1, row, rows, 1 / Math.Sqrt(_shape.Width), _mask, _segment),
                _workspace, _partial, default);
        }
    }

    public void Dispose()
    {
        _queries.Dispose();
        _segment.Dispose();
        _workspace.Dispose();
        _partial.Dispose();
    }
}
