using System.Numerics.Tensors;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>The Q, K and V that all are given, the plan that says what is visible, and the output that is expected.</summary>
internal sealed unsafe class PeerProblem : IDisposable
{
    private readonly ExpectedOutput _expected;

    public PeerProblem(PeerShape shape, bool causal, KernelPath kernel)
    {
        Shape = shape;
        var query = new TensorShape(1, shape.Heads, shape.Rows, shape.Width);
        var keys = new TensorShape(1, shape.KvHeads, shape.Rows, shape.Width);
        Plan = AttentionPlan.Create(AttentionShape.Create(query, keys, keys, out _)!,
            new AttentionOptions { Causal = causal, Kernel = kernel.Choice() }, out _)!;
        Query = Random("q", query);
        Key = Random("k", keys);
        Value = Random("v", keys);
        _expected = new ExpectedOutput(this);
    }

    public AttentionPlan Plan { get; }

    /// <summary><c>[H, N, D]</c>.</summary>
    public NativeBuffer Query { get; }

    /// <summary><c>[Hkv, N, D]</c>.</summary>
    public NativeBuffer Key { get; }

    /// <summary><c>[Hkv, N, D]</c>.</summary>
    public NativeBuffer Value { get; }

    public PeerShape Shape { get; }

    public int Heads => Shape.Heads;

    public int Rows => Shape.Rows;

    public int Width => Shape.Width;

    /// <summary>One head of a tensor, <c>[N, D]</c>.</summary>
    public ReadOnlySpan<float> Head(NativeBuffer tensor, int head) => tensor.FloatSpan((long)head * Rows * Width, Rows * Width);

    /// <summary>The largest difference from float64 over all rows, relative to the largest element of V.</summary>
    public double ErrorOf(IPeer peer)
    {
        double worst = 0;
        double[] difference = new double[Width];
        for (int head = 0; head < Heads; head++)
        {
            for (int row = 0; row < Rows; row++)
            {
                TensorPrimitives.ConvertTruncating(peer.Output(head, row), difference);
                TensorPrimitives.Subtract(difference, _expected.Row(head, row), difference);

                // It passes NaN on, and a NaN is as wrong as can be.
                double error = Math.Abs(TensorPrimitives.MaxMagnitude<double>(difference));
                worst = Math.Max(worst, double.IsNaN(error) ? double.PositiveInfinity : error);
            }
        }

        return worst / Math.Abs(TensorPrimitives.MaxMagnitude<float>(Value.FloatSpan(0, (int)(Value.ByteLength / sizeof(float)))));
    }

    /// <summary>K or V with each head as often as query heads read it, for those that know no groups.</summary>
    public NativeBuffer Repeat(NativeBuffer tensor)
    {
        long head = sizeof(float) * (long)Rows * Width;
        var repeated = new NativeBuffer(head * Heads);
        for (int h = 0; h < Heads; h++)
            Buffer.MemoryCopy(tensor.Pointer + (h / Plan.Shape.GroupSize * head), repeated.Pointer + (h * head), head, head);
        return repeated;
    }

    public void Dispose()
    {
        Query.Dispose();
        Key.Dispose();
        Value.Dispose();
    }

    private static NativeBuffer Random(string name, TensorShape shape)
    {
        var buffer = new NativeBuffer(sizeof(float) * shape.ElementCount);
        StandardNormal.Fill(1, name, shape, 0, buffer.FloatSpan(0, (int)shape.ElementCount));
        return buffer;
    }
}
