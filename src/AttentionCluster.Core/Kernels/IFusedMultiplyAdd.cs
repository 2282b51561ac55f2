using System.Runtime.Intrinsics;

namespace AttentionCluster.Core.Kernels;

/// <summary>A way to <c>x * y + z</c> that is rounded once.</summary>
internal interface IFusedMultiplyAdd
{
    /// <summary><c>x * y + z</c> of each lane.</summary>
    static abstract Vector128<float> MultiplyAdd(Vector128<float> x, Vector128<float> y, Vector128<float> z);
}
