using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Forward;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Reference;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Kernels.Selection;

/// <summary>Which kernel paths there are, and which this machine has.</summary>
public static class KernelPaths
{
    /// <summary>Every path, the fastest first.</summary>
    public static IReadOnlyList<KernelPath> All { get; } =
        [KernelPath.Avx512, KernelPath.Avx2, KernelPath.Arm64, KernelPath.Emulated, KernelPath.Portable, KernelPath.Reference];

    /// <summary>The families of which every machine has a path.</summary>
    public static IReadOnlyList<BitFamily> Families { get; } = [BitFamily.Fused, BitFamily.Separate, BitFamily.Reference];

    /// <summary>Whether this machine rounds products and sums once by an instruction. Without, <see cref="BitFamily.Fused"/> is exact and slow.</summary>
    public static bool HasFused => BitFamily.Fused.Best() != KernelPath.Emulated;

    /// <summary>Whether this machine can run a path.</summary>
    public static bool IsSupported(KernelPath path) => path switch
    {
        KernelPath.Avx512 => Avx512F.IsSupported && Avx512DQ.IsSupported,
        KernelPath.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        KernelPath.Arm64 => AdvSimd.Arm64.IsSupported,
        _ => true,
    };

    /// <summary>The name on the command line and in reports.</summary>
    public static string Name(this KernelPath path) => path.ToString().ToLowerInvariant();

    /// <inheritdoc cref="Name(KernelPath)"/>
    public static string Name(this BitFamily family) => family.ToString().ToLowerInvariant();

    /// <summary>The family whose bits a path gives.</summary>
    public static BitFamily Family(this KernelPath path) => path switch
    {
        KernelPath.Reference => BitFamily.Reference,
        KernelPath.Portable => BitFamily.Separate,
        _ => BitFamily.Fused,
    };

    /// <summary>The fastest path of a family that this machine has.</summary>
    public static KernelPath Best(this BitFamily family) => All.First(path => path.Family() == family && IsSupported(path));

    /// <summary>
    /// Neighbouring keys, or columns of V, that one step of a path's widest microkernel loads: what a <see cref="PackedSegment"/> should be laid out for.
    /// Any other gives the same bits, but takes longer.
    /// </summary>
    public static int PackedColumns(this KernelPath path) => path == KernelPath.Avx512 ? 64 : 16;

    /// <summary>Whether a family may take a constant off the scores of each row of a job: then its partials say which.</summary>
    /// <param name="family">The reference keeps so what float32 can't hold of a maximum.</param>
    /// <param name="side">The tensors beside Q, K and V.</param>
    public static bool TakesConstantsOff(BitFamily family, SideLayout? side) => family == BitFamily.Reference || side is { AddsToScores: true };

    /// <summary>The kernel of a path.</summary>
    /// <exception cref="PlatformNotSupportedException">This machine doesn't have it.</exception>
    public static IAttentionKernel Create(KernelPath path) => path switch
    {
        _ when !IsSupported(path) => throw new PlatformNotSupportedException($"kernel {path.Name()}"),
        KernelPath.Reference => new ReferenceKernel(),
        KernelPath.Portable when !Vector128.IsHardwareAccelerated => new TiledKernel<Quad, ScalarSimd<SeparateMultiplyAdd>>(),
        KernelPath.Portable => new TiledKernel<Vector128<float>, PortableSimd<SeparateMultiplyAdd>>(),
        KernelPath.Emulated when !Vector128.IsHardwareAccelerated => new TiledKernel<Quad, ScalarSimd<EmulatedMultiplyAdd>>(),
        KernelPath.Emulated => new TiledKernel<Vector128<float>, PortableSimd<EmulatedMultiplyAdd>>(),
        KernelPath.Arm64 => new TiledKernel<Vector128<float>, PortableSimd<Arm64MultiplyAdd>>(),
        KernelPath.Avx2 => new TiledKernel<Vector256<float>, Avx2Simd>(),
        KernelPath.Avx512 => new TiledKernel<Vector512<float>, Avx512Simd>(),
        _ => throw new ArgumentOutOfRangeException(nameof(path), path, "no such kernel path"),
    };
}
