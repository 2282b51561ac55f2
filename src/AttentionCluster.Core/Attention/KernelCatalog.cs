namespace AttentionCluster.Core.Attention;

/// <summary>The kernel paths and bit families by name, and which path belongs to which family; the same on every machine.</summary>
internal static class KernelCatalog
{
    /// <summary>Every path, the fastest first.</summary>
    public static IReadOnlyList<KernelPath> Paths { get; } =
        [KernelPath.Avx512, KernelPath.Avx2, KernelPath.Arm64, KernelPath.Emulated, KernelPath.Portable, KernelPath.Reference];

    /// <summary>The families; every machine has a path of each.</summary>
    public static IReadOnlyList<BitFamily> Families { get; } = [BitFamily.Fused, BitFamily.Separate, BitFamily.Reference];

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

    /// <summary>The family that a choice names, or the family of the path that it names.</summary>
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

    /// <summary>Whether a family may take a constant off the scores of each row of a job: then its partials say which.</summary>
    /// <param name="family">The reference keeps so what float32 can't hold of a maximum.</param>
    /// <param name="auxiliary">The tensors beside Q, K and V.</param>
    public static bool TakesConstantsOff(BitFamily family, AuxiliaryLayout? auxiliary) =>
        family == BitFamily.Reference || auxiliary is { AddsToScores: true };
}
