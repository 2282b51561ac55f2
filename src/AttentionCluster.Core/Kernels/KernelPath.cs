namespace AttentionCluster.Core.Kernels;

/// <summary>
/// Which implementation computes the partials. A job names one, because results may differ in their last bits between
/// paths; the fused paths <see cref="Avx2"/> and <see cref="Avx512"/> give the same bits.
/// </summary>
public enum KernelPath
{
    /// <summary>The fastest path that the machine has; resolved before a job starts, never stored in one.</summary>
    Auto,

    /// <summary>Plain loops in float64: slow, and what the others are tested against.</summary>
    Reference,

    /// <summary>Any processor: multiplication and addition rounded separately, so the same bits on all of them.</summary>
    Portable,

    /// <summary>256-bit vectors with fused multiply-add.</summary>
    Avx2,

    /// <summary>512-bit vectors with fused multiply-add.</summary>
    Avx512,
}
