using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Forward;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Reference;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Kernels.Selection;

/// <summary>Which kernel paths this machine has, and the kernel of each.</summary>
internal static class KernelPaths
{
    /// <summary>
    /// Whether this machine rounds products and sums once by an instruction. Without, <see cref="BitFamily.Fused"/> is exact and slow.
    /// </summary>
    public static bool HasFused => BitFamily.Fused.Best() != KernelPath.Emulated;

    /// <summary>Whether this machine can run a path.</summary>
    public static bool IsSupported(KernelPath path) => path switch
    {
        KernelPath.Avx512 => Avx512F.IsSupported && Avx512DQ.IsSupported,
        KernelPath.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        KernelPath.Arm64 => AdvSimd.Arm64.IsSupported,
        _ => true,
    };

    /// <summary>The fastest path of a family that this machine has.</summary>
    public static KernelPath Best(this BitFamily family) => KernelCatalog.Paths.First(path => path.Family() == family && IsSupported(path));

    /// <summary>The path that computes a choice on this machine: the one that it names, or the fastest of its family.</summary>
    /// <returns>The path; with a reason when this machine doesn't have it.</returns>
    public static KernelPath Resolve(this KernelChoice choice, out Refusal? refusal)
    {
        KernelPath path = choice.Path() ?? choice.Family().Best();
        string available = string.Join(", ", KernelCatalog.Paths.Where(IsSupported).Select(one => one.Name()));
        refusal = IsSupported(path)
            ? null
            : new Refusal(ErrorCode.KernelNotAvailable,
                $"kernel {path.Name()} needs instructions that this machine lacks; it has {available}");
        return path;
    }

    /// <summary>
    /// Neighbouring keys, or columns of V, that one step of a path's widest microkernel loads: what a <see cref="PackedSegment"/> should be
    /// laid out for. Any other gives the same bits, but takes longer.
    /// </summary>
    public static int PackedColumns(this KernelPath path) => path == KernelPath.Avx512 ? 64 : 16;

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
