namespace AttentionCluster.Core.Attention;

/// <summary>
/// Which implementation computes the partials. It changes no bit within its <see cref="BitFamily"/>. The numbers are those of the control
/// messages.
/// </summary>
public enum KernelPath
{
    /// <summary>Plain loops in float64: slow, and what the others are tested against.</summary>
    Reference = 1,

    /// <summary>Any processor: multiplication and addition rounded separately, in 128-bit vectors where there are some.</summary>
    Portable = 2,

    /// <summary>256-bit vectors with fused multiply-add.</summary>
    Avx2 = 3,

    /// <summary>512-bit vectors with fused multiply-add.</summary>
    Avx512 = 4,

    /// <summary>128-bit vectors with fused multiply-add, of 64-bit Arm processors.</summary>
    Arm64 = 5,

    /// <summary>
    /// Any processor: the bits of fused multiply-add, made of float64 operations. Exact, and many times slower than the instruction.
    /// </summary>
    Emulated = 6,
}
