namespace AttentionCluster.Core.Kernels.Gemm;

/// <summary>What a microkernel does with what its destination held before.</summary>
internal enum Accumulate
{
    /// <summary>It is overwritten.</summary>
    Overwrite,

    /// <summary>It is added: by the processor's adders, which have nothing else to do, and not by its multipliers.</summary>
    Add,

    /// <summary>It is multiplied with a factor for each row, and added.</summary>
    ScaleAndAdd,
}
