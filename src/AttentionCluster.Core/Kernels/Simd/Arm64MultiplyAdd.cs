using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>The instruction of 64-bit Arm processors.</summary>
internal readonly struct Arm64MultiplyAdd : IMultiplyAdd
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> x, Vector128<float> y, Vector128<float> z) => AdvSimd.FusedMultiplyAdd(z, x, y);

    /// <inheritdoc/>
    public static float Of(float x, float y, float z) => MathF.FusedMultiplyAdd(x, y, z);
}
