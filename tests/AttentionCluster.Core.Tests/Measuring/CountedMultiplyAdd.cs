using System.Runtime.Intrinsics;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Tests.Measuring;

/// <summary>Counts how often it is asked for one number.</summary>
internal readonly struct CountedMultiplyAdd : IMultiplyAdd
{
    internal static long Count { get; set; }

    public static Vector128<float> Of(Vector128<float> x, Vector128<float> y, Vector128<float> z) => throw new NotSupportedException();

    public static float Of(float x, float y, float z)
    {
        Count++;
        return (x * y) + z;
    }
}
