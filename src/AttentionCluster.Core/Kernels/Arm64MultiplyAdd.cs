using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace AttentionCluster.Core.Kernels;

/// <summary>The instruction of 64-bit Arm processors.</summary>
internal readonly struct Arm64MultiplyAdd : IFusedMultiplyAdd
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> x, Vector128<float> y, Vector128<float> z) => AdvSimd.FusedMultiplyAdd(z, x, y);
}
