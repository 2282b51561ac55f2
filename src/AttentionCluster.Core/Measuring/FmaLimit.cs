using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Kernels;

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
    public static double Measure(KernelPath path, ThreadTeam team) => path switch
    {
        KernelPath.Avx512 => Measure<Vector512<float>, Fused512>(team),
        KernelPath.Avx2 => Measure<Vector256<float>, Fused256>(team),
        KernelPath.Portable when Vector128.IsHardwareAccelerated => Measure<Vector128<float>, Separate128>(team),
        KernelPath.Portable => Measure<float, SeparateScalar>(team),
        _ => throw new ArgumentOutOfRangeException(nameof(path), path, "has no limit that it could be compared with"),
    };

    private static double Measure<TVector, TOperations>(ThreadTeam team)
        where TVector : struct
        where TOperations : struct, IVectorOperations<TVector>
    {
        double flopsPerCall = 2.0 * TOperations.Lanes * Chains * Rounds;
        double flopsPerSecond = SideBySide.Rate(team, _ => Multiply<TVector, TOperations>(Rounds), _ =>
        {
            Multiply<TVector, TOperations>(Rounds);
            return flopsPerCall;
        });
        return flopsPerSecond / 1e9;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Multiply<TVector, TOperations>(int rounds)
        where TVector : struct
        where TOperations : struct, IVectorOperations<TVector>
    {
        // The chains converge to 1e-6: no overflow, and no slow denormals.
        TVector x = TOperations.Create(0.999f), y = TOperations.Create(1e-9f);
        TVector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x, m = x, o = x;
        for (int n = 0; n < rounds; n++)
        {
            a = TOperations.MultiplyAdd(a, x, y);
            b = TOperations.MultiplyAdd(b, x, y);
            c = TOperations.MultiplyAdd(c, x, y);
            d = TOperations.MultiplyAdd(d, x, y);
            e = TOperations.MultiplyAdd(e, x, y);
            f = TOperations.MultiplyAdd(f, x, y);
            g = TOperations.MultiplyAdd(g, x, y);
            h = TOperations.MultiplyAdd(h, x, y);
            i = TOperations.MultiplyAdd(i, x, y);
            j = TOperations.MultiplyAdd(j, x, y);
            k = TOperations.MultiplyAdd(k, x, y);
            l = TOperations.MultiplyAdd(l, x, y);
            m = TOperations.MultiplyAdd(m, x, y);
            o = TOperations.MultiplyAdd(o, x, y);
        }

        a = TOperations.Add(TOperations.Add(TOperations.Add(a, b), TOperations.Add(c, d)), TOperations.Add(e, f));
        g = TOperations.Add(TOperations.Add(TOperations.Add(g, h), TOperations.Add(i, j)), TOperations.Add(k, l));
        return TOperations.First(TOperations.Add(TOperations.Add(a, g), TOperations.Add(m, o)));
    }
}
