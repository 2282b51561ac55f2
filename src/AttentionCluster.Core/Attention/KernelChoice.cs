namespace AttentionCluster.Core.Attention;

/// <summary>What a user can ask for: a family, or, for tests on one machine, one of its paths by name.</summary>
public enum KernelChoice
{
    /// <summary><see cref="BitFamily.Fused"/>, on every machine.</summary>
    Auto,

    /// <summary><see cref="BitFamily.Fused"/>.</summary>
    Fused,

    /// <summary><see cref="BitFamily.Separate"/>.</summary>
    Separate,

    /// <summary><see cref="BitFamily.Reference"/>.</summary>
    Reference,

    /// <summary><see cref="KernelPath.Avx512"/> of this machine.</summary>
    Avx512,

    /// <summary><see cref="KernelPath.Avx2"/> of this machine.</summary>
    Avx2,

    /// <summary><see cref="KernelPath.Arm64"/> of this machine.</summary>
    Arm64,

    /// <summary><see cref="KernelPath.Emulated"/> of this machine.</summary>
    Emulated,

    /// <summary><see cref="KernelPath.Portable"/> of this machine.</summary>
    Portable,
}
