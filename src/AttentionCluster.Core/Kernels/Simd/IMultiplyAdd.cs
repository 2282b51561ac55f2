using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>
/// A way to <c>x * y + z</c>: all that differs between processors with vectors of 128 bits, and what makes the <see cref="BitFamily"/>.
/// </summary>
internal interface IMultiplyAdd
{
    /// <summary><c>x * y + z</c> of each lane.</summary>
    static abstract Vector128<float> Of(Vector128<float> x, Vector128<float> y, Vector128<float> z);

    /// <summary>The same of one number.</summary>
    static abstract float Of(float x, float y, float z);
}
