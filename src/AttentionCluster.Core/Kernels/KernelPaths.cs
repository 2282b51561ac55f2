using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Kernels;

/// <summary>Which kernel paths this machine has.</summary>
public static class KernelPaths
{
    /// <summary>Every path that can be asked for by name, the fastest first.</summary>
    public static IReadOnlyList<KernelPath> All { get; } =
        [KernelPath.Avx512, KernelPath.Avx2, KernelPath.Portable, KernelPath.Reference];

    /// <summary>Whether this machine can run a path.</summary>
    public static bool IsSupported(KernelPath path) => path switch
    {
        KernelPath.Avx512 => Avx512F.IsSupported && Avx512DQ.IsSupported,
        KernelPath.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };

    /// <summary>The name on the command line and in reports.</summary>
    public static string Name(this KernelPath path) => path.ToString().ToLowerInvariant();

    /// <summary>Replaces <see cref="KernelPath.Auto"/> by the fastest path of this machine.</summary>
    /// <returns>The path; with a reason when this machine doesn't have it.</returns>
    public static KernelPath Resolve(KernelPath wanted, out Refusal? refusal)
    {
        refusal = null;
        if (wanted == KernelPath.Auto)
            return All.First(IsSupported);
        if (!IsSupported(wanted))
        {
            string available = string.Join(", ", All.Where(IsSupported).Select(path => path.Name()));
            refusal = new Refusal("kernel-not-available", $"kernel {wanted.Name()} needs instructions that this machine lacks; it has {available}");
        }

        return wanted;
    }

    /// <summary>
    /// Neighbouring keys, or columns of V, that one step of a path's widest microkernel loads: what a <see cref="PackedSegment"/> should be laid out for.
    /// Any other gives the same bits, but takes longer.
    /// </summary>
    public static int PackedColumns(this KernelPath path) => path == KernelPath.Avx512 ? 64 : 16;

    /// <summary>Whether a path may take a constant off the scores of each row of a job: then its partials say which.</summary>
    /// <param name="path">The reference path keeps so what float32 can't hold of a maximum.</param>
    /// <param name="side">The tensors beside Q, K and V.</param>
    public static bool TakesConstantsOff(KernelPath path, SideLayout? side) => path == KernelPath.Reference || side is { AddsToScores: true };

    /// <summary>The kernel of a path.</summary>
    /// <exception cref="PlatformNotSupportedException">This machine doesn't have it.</exception>
    public static IAttentionKernel Create(KernelPath path) => path switch
    {
        _ when !IsSupported(path) => throw new PlatformNotSupportedException($"kernel {path.Name()}"),
        KernelPath.Reference => new ReferenceKernel(),
        KernelPath.Portable when !Vector128.IsHardwareAccelerated => new TiledKernel<ScalarSimd.Quad, ScalarSimd>(),
        KernelPath.Portable => new TiledKernel<Vector128<float>, PortableSimd>(),
        KernelPath.Avx2 => new TiledKernel<Vector256<float>, Avx2Simd>(),
        KernelPath.Avx512 => new TiledKernel<Vector512<float>, Avx512Simd>(),
        _ => throw new ArgumentOutOfRangeException(nameof(path), path, "a job names its kernel path"),
    };
}
