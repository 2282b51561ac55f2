using AttentionCluster.Core.Kernels.Selection;

namespace AttentionCluster.Core.Attention;

/// <summary>What a choice means.</summary>
public static class KernelCatalog
{
    /// <summary>The family that a choice is, or whose path it is.</summary>
    public static BitFamily Family(this KernelChoice choice) => choice switch
    {
        KernelChoice.Auto or KernelChoice.Fused => BitFamily.Fused,
        KernelChoice.Separate => BitFamily.Separate,
        KernelChoice.Reference => BitFamily.Reference,
        _ => choice.Path()!.Value.Family(),
    };

    /// <summary>The path that a choice names; null for a family.</summary>
    public static KernelPath? Path(this KernelChoice choice) => choice switch
    {
        KernelChoice.Auto or KernelChoice.Fused or KernelChoice.Separate or KernelChoice.Reference => null,
        KernelChoice.Avx512 => KernelPath.Avx512,
        KernelChoice.Avx2 => KernelPath.Avx2,
        KernelChoice.Arm64 => KernelPath.Arm64,
        KernelChoice.Emulated => KernelPath.Emulated,
        KernelChoice.Portable => KernelPath.Portable,
        _ => throw new ArgumentOutOfRangeException(nameof(choice), choice, "no such kernel"),
    };

    /// <summary>The choice of a family, whatever machine computes.</summary>
    public static KernelChoice Choice(this BitFamily family) => family switch
    {
        BitFamily.Fused => KernelChoice.Fused,
        BitFamily.Separate => KernelChoice.Separate,
        BitFamily.Reference => KernelChoice.Reference,
        _ => throw new ArgumentOutOfRangeException(nameof(family), family, "no such family"),
    };

    /// <summary>The choice of a path; of the reference, which is the only path of its family, that of the family.</summary>
    public static KernelChoice Choice(this KernelPath path) => path switch
    {
        KernelPath.Reference => KernelChoice.Reference,
        KernelPath.Avx512 => KernelChoice.Avx512,
        KernelPath.Avx2 => KernelChoice.Avx2,
        KernelPath.Arm64 => KernelChoice.Arm64,
        KernelPath.Emulated => KernelChoice.Emulated,
        KernelPath.Portable => KernelChoice.Portable,
        _ => throw new ArgumentOutOfRangeException(nameof(path), path, "no such path"),
    };

    /// <summary>The path that computes a choice on this machine: the one that it names, or the fastest of its family.</summary>
    /// <returns>The path; with a reason when this machine doesn't have it.</returns>
    public static KernelPath Resolve(this KernelChoice choice, out Refusal? refusal)
    {
        KernelPath path = choice.Path() ?? choice.Family().Best();
        string available = string.Join(", ", KernelPaths.All.Where(KernelPaths.IsSupported).Select(one => one.Name()));
        refusal = KernelPaths.IsSupported(path)
            ? null
            : new Refusal("kernel-not-available", $"kernel {path.Name()} needs instructions that this machine lacks; it has {available}");
        return path;
    }
}
