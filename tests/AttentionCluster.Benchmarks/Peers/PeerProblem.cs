using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>The Q, K and V that all are given, and the plan that says what is visible.</summary>
internal sealed unsafe class PeerProblem : IDisposable
{
    public PeerProblem(int heads, int kvHeads, int rows, int width, bool causal, KernelPath kernel)
    {
        var query = new TensorShape(1, heads, rows, width);
        var keys = new TensorShape(1, kvHeads, rows, width);
        AttentionShape shape = AttentionShape.Create(query, keys, keys, out _)!;
        Plan = AttentionPlan.Create(shape, new AttentionOptions { Causal = causal, Kernel = kernel }, out _)!;
        Query = Random("q", query);
        Key = Random("k", keys);
        Value = Random("v", keys);
    }

    public AttentionPlan Plan { get; }

    /// <summary><c>[H, N, D]</c>.</summary>
    public NativeBuffer Query { get; }

    /// <summary><c>[Hkv, N, D]</c>.</summary>
    public NativeBuffer Key { get; }

    /// <summary><c>[Hkv, N, D]</c>.</summary>
    public NativeBuffer Value { get; }

    public int Heads => Plan.Shape.Query.Heads;

    public int Rows => Plan.Shape.QueryRows;

    public int Width => Plan.Shape.KeyWidth;

    /// <summary>Name as in <c>B1H8N4096D128</c>; <c>H8:2</c> for grouped heads.</summary>
    public string Name =>
        $"B1H{Heads}{(Plan.Shape.KvHeads == Heads ? "" : $":{Plan.Shape.KvHeads}")}N{Rows}D{Width}";

    /// <summary>The largest difference from float64 over some rows of every head, relative to the largest element of V.</summary>
    public double ErrorOf(IPeer peer, int rowsPerHead)
    {
        double worst = 0, largest = 0;
        double[] expected = new double[Width];
        for (long i = 0; i < Value.ByteLength / sizeof(float); i++)
            largest = Math.Max(largest, Math.Abs(Value.Floats[i]));
        for (int head = 0; head < Heads; head++)
        {
            int kvHead = head / Plan.Shape.GroupSize;
            for (int i = 0; i < rowsPerHead; i++)
            {
                int row = (int)((long)i * (Rows - 1) / Math.Max(1, rowsPerHead - 1));
                var query = new ReadOnlySpan<float>(Query.Floats + (((long)head * Rows) + row) * Width, Width);
                ReferenceAttention.Row(
                    query, new HeadOf(Key, kvHead, Rows, Width), new HeadOf(Value, kvHead, Rows, Width),
                    Plan.Mask.VisibleTo(row, Rows), Plan.Scale, expected);
                ReadOnlySpan<float> actual = peer.Output(head, row);
                for (int d = 0; d < Width; d++)
                    worst = Math.Max(worst, Math.Abs(actual[d] - expected[d]) is var e && double.IsNaN(e) ? double.PositiveInfinity : e);
            }
        }

        return worst / largest;
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

    private sealed class HeadOf(NativeBuffer tensor, int head, int rows, int width) : IRows
    {
        public ReadOnlySpan<float> Row(int index) => new(tensor.Floats + (((long)head * rows) + index) * width, width);
    }
}
