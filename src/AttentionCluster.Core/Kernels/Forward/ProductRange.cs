using System.Numerics.Tensors;
using AttentionCluster.Core.Kernels.Reference;

namespace AttentionCluster.Core.Kernels.Forward;

/// <summary>
/// Whether products of queries and keys, or weighted sums of values, can leave what float32 holds, on the way to a score or an output that
/// it could hold.
/// </summary>
internal readonly struct ProductRange
{
    /// <summary>Sums of products stay below it: half of what float32 holds.</summary>
    private static readonly double s_largest = Math.ScaleB(1, 126);

    /// <summary>Products below it are rounded to so few bits that a scale above <see cref="s_largeScale"/> would show it.</summary>
    private static readonly double s_smallest = Math.ScaleB(1, -100);

    private static readonly double s_largeScale = Math.ScaleB(1, 64);

    /// <summary>Beyond it the scale itself is no float32, with the factor that makes powers of two.</summary>
    private static readonly double s_largestScale = Math.ScaleB(1, 120);

    private readonly double _scale;
    private readonly double _largestKey;
    private readonly int _width;
    private readonly bool _isFinite;
    private readonly bool _hasLargeValues;

    internal ProductRange(in KernelTask task)
    {
        (_scale, _largestKey, _width) = (Math.Abs(task.Scale), task.Segment.LargestKey, task.Segment.KeyWidth);
        _isFinite = float.IsFinite(task.Segment.LargestKey) && float.IsFinite(task.Segment.LargestValue);
        _hasLargeValues = task.Segment.LargestValue >= Float64Row.SumMax;
    }

    /// <summary>Whether one of several rows may leave it.</summary>
    /// <param name="queries">Of all of them.</param>
    internal bool MayBeLeft(ReadOnlySpan<float> queries) =>
        _isFinite && (_hasLargeValues || _scale > s_largeScale || !AreProductsWithin(TensorPrimitives.MaxMagnitude(queries)));

    /// <summary>Whether a row leaves it.</summary>
    /// <param name="query">Of the row.</param>
    /// <param name="accumulator">Its weighted sums, as they came out.</param>
    internal bool IsLeft(ReadOnlySpan<float> query, ReadOnlySpan<float> accumulator)
    {
        float largest = Math.Abs(TensorPrimitives.MaxMagnitude(query));
        return float.IsFinite(largest)
            && (!AreProductsWithin(largest)
            || (_hasLargeValues && !(Math.Abs(TensorPrimitives.MaxMagnitude(accumulator)) < Float64Row.SumMax)));
    }

    /// <summary>NaN is not within.</summary>
    private bool AreProductsWithin(float largestQuery)
    {
        double product = Math.Abs((double)largestQuery) * _largestKey;
        return product == 0
            || (product * _width * Math.Max(1, _scale) < s_largest && _scale <= s_largestScale
                && (_scale <= s_largeScale || product >= s_smallest));
    }
}
