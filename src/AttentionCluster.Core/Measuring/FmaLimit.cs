using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Measuring;

/// <summary>
/// The arithmetic limit of a kernel path: its own multiply-adds between registers, nothing loaded or stored. The fused paths have
/// fused ones; the portable path, which must round products and sums separately, has a multiplication and an addition of 128-bit
/// vectors instead. Either counts as 2 operations a lane.
/// </summary>
internal static class FmaLimit
{
    /// <summary>
    /// Independent chains: two pipes of up to five cycles need ten to be always busy, two for products and two for sums at three or four
    /// cycles each need fourteen. With the two constants that fills the sixteen registers of AVX2.
    /// </summary>
    private const int Chains = 14;

    /// <summary>Multiply-adds of each chain between two looks at the clock: some 30 microseconds.</summary>
    private const int Rounds = 20_000;

    /// <summary>GFLOP/s of the team's threads side by side.</summary>
    public static double Measure(KernelPath path, ThreadTeam team, TimeProvider clock) => path switch
    {
        KernelPath.Avx512 => Measure<Vector512<float>, Avx512Simd>(team, clock),
        KernelPath.Avx2 => Measure<Vector256<float>, Avx2Simd>(team, clock),
        KernelPath.Arm64 => Measure<Vector128<float>, PortableSimd<Arm64MultiplyAdd>>(team, clock),
        KernelPath.Emulated when Vector128.IsHardwareAccelerated => Measure<Vector128<float>,
            PortableSimd<EmulatedMultiplyAdd>>(team, clock),
        KernelPath.Emulated => Measure<Quad, ScalarSimd<EmulatedMultiplyAdd>>(team, clock),
        KernelPath.Portable when Vector128.IsHardwareAccelerated => Measure<Vector128<float>,
            PortableSimd<SeparateMultiplyAdd>>(team, clock),
        KernelPath.Portable => Measure<Quad, ScalarSimd<SeparateMultiplyAdd>>(team, clock),
        _ => throw new ArgumentOutOfRangeException(nameof(path), path, "has no limit that it could be compared with"),
    };

    /// <inheritdoc cref="Measure(KernelPath, ThreadTeam, TimeProvider)"/>
    internal static double Measure<TVector, TSimd>(ThreadTeam team, TimeProvider clock)
        where TVector : struct
        where TSimd : struct, ISimd<TVector>
    {
        double flopsPerCall = 2.0 * TSimd.Lanes * Chains * Rounds;
        double flopsPerSecond = SideBySide.Rate(team, clock, _ => Multiply<TVector, TSimd>(Rounds), _ =>
        {
            Multiply<TVector, TSimd>(Rounds);
            return flopsPerCall;
        });
        return flopsPerSecond / 1e9;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Multiply<TVector, TSimd>(int rounds)
        where TVector : struct
        where TSimd : struct, ISimd<TVector>
    {
        // The chains converge to 1e-6: no overflow, and no slow denormals.
        TVector x = TSimd.Broadcast(0.999f), y = TSimd.Broadcast(1e-9f);
        TVector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x, m = x, o = x;
        for (int n = 0; n < rounds; n++)
        {
            a = TSimd.MultiplyAdd(a, x, y);
            b = TSimd.MultiplyAdd(b, x, y);
            c = TSimd.MultiplyAdd(c, x, y);
            d = TSimd.MultiplyAdd(d, x, y);
            e = TSimd.MultiplyAdd(e, x, y);
            f = TSimd.MultiplyAdd(f, x, y);
            g = TSimd.MultiplyAdd(g, x, y);
            h = TSimd.MultiplyAdd(h, x, y);
            i = TSimd.MultiplyAdd(i, x, y);
            j = TSimd.MultiplyAdd(j, x, y);
            k = TSimd.MultiplyAdd(k, x, y);
            l = TSimd.MultiplyAdd(l, x, y);
            m = TSimd.MultiplyAdd(m, x, y);
            o = TSimd.MultiplyAdd(o, x, y);
        }

        a = TSimd.Add(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)), TSimd.Add(e, f));
        g = TSimd.Add(TSimd.Add(TSimd.Add(g, h), TSimd.Add(i, j)), TSimd.Add(k, l));
        return TSimd.MaxLane(TSimd.Add(TSimd.Add(a, g), TSimd.Add(m, o)));
    }
}
