namespace AttentionCluster.Core.Attention;

/// <summary>
/// Which arithmetic computes a job: all that a plan says of the kernel, since it decides bits and the instruction set does not. Every
/// <see cref="KernelPath"/> belongs to one family, and the paths of <see cref="Fused"/> and of <see cref="Separate"/> give the same bits on
/// all machines.
/// </summary>
public enum BitFamily
{
    /// <summary>Products and sums rounded once, by fused multiply-add.</summary>
    Fused = 1,

    /// <summary>Products and sums rounded one after the other.</summary>
    Separate = 2,

    /// <summary>The float64 reference.</summary>
    Reference = 3,
}
