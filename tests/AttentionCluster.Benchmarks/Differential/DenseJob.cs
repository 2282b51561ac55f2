using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Kernels;

namespace AttentionCluster.Benchmarks.Differential;

/// <summary>
/// A random job in the form that others know: as many K and V heads as query heads, one width, and everything that hides keys or changes
/// scores written out as one tensor that is added to them.
/// </summary>
internal sealed unsafe class DenseJob : IDisposable
{
    private readonly OptionCombination _combination;

    public DenseJob(OptionCombination combination)
    {
        _combination = combination;
        AttentionShape shape = combination.Problem.Shape;
        (Batch, Heads, Rows, Keys) = (shape.Batch, shape.Query.Heads, shape.QueryRows, shape.Keys);

        // Elements of zero change neither a score nor another element of the output.
        Width = Math.Max(shape.KeyWidth, shape.ValueWidth);
        Query = Widened(combination.Problem.Query, shape.Query);
        Key = Widened(combination.Problem.Key, shape.Key);
        Value = Widened(combination.Problem.Value, shape.Value);
        Mask = WriteMask();
    }

    public int Batch { get; }

    public int Heads { get; }

    public int Rows { get; }

    public int Keys { get; }

    public int Width { get; }

    /// <summary>What q . k is multiplied by.</summary>
    public double Scale => _combination.Problem.Plan.Scale;

    /// <summary>Null for none.</summary>
    public double? Softcap => _combination.Problem.Case.Options.Softcap;

    /// <summary>Whether all keys are visible to all rows, and no score is changed.</summary>
    public bool IsPlain { get; private set; } = true;

    /// <summary>
    /// Whether exactly the keys up to the row's own position, counted from the first of both, are visible, and no score is changed.
    /// </summary>
    public bool IsPlainCausal { get; private set; } = true;

    /// <summary><c>[B, H, Nq, D]</c>.</summary>
    public NativeBuffer Query { get; }

    /// <summary><c>[B, H, Nk, D]</c>.</summary>
    public NativeBuffer Key { get; }

    /// <summary><c>[B, H, Nk, D]</c>.</summary>
    public NativeBuffer Value { get; }

    /// <summary><c>[B, H, Nq, Nk]</c>; -infinity hides.</summary>
    public NativeBuffer Mask { get; }

    public void Dispose()
    {
        foreach (NativeBuffer buffer in (NativeBuffer[])[Query, Key, Value, Mask])
            buffer.Dispose();
    }

    private NativeBuffer Widened(float[] tensor, TensorShape shape)
    {
        var wide = new NativeBuffer(sizeof(float) * (long)Batch * Heads * shape.Rows * Width);
        wide.Clear();
        int repeats = Heads / shape.Heads;
        for (int row = 0; row < Batch * Heads * shape.Rows; row++)
        {
            int head = row / shape.Rows;
            long from = ((((long)head / repeats) * shape.Rows) + (row % shape.Rows)) * shape.Width;
            tensor.AsSpan((int)from, shape.Width).CopyTo(wide.FloatSpan((long)row * Width, shape.Width));
        }

        return wide;
    }

    private NativeBuffer WriteMask()
    {
        var mask = new NativeBuffer(sizeof(float) * (long)Batch * Heads * Rows * Keys);
        float* element = mask.Floats;
        for (int batch = 0; batch < Batch; batch++)
        {
            for (int head = 0; head < Heads; head++)
            {
                for (int row = 0; row < Rows; row++)
                {
                    for (int key = 0; key < Keys; key++, element++)
                    {
                        bool isVisible = _combination.Sees(batch, head, row, key);
                        *element = isVisible ? (float)_combination.BiasOf(batch, head, row, key) : float.NegativeInfinity;
                        IsPlain &= *element == 0;
                        IsPlainCausal &= *element == (key <= row ? 0 : float.NegativeInfinity);
                    }
                }
            }
        }

        return mask;
    }
}
