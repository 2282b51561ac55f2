using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>The product is rounded, and then the sum: the same bits on any processor.</summary>
internal readonly struct SeparateMultiplyAdd : IMultiplyAdd
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> x, Vector128<float> y, Vector128<float> z) => (x * y) + z;

    /// <inheritdoc/>
    public static float Of(float x, float y, float z)
    {
        float product = x * y;
        return product + z;
    }
}
