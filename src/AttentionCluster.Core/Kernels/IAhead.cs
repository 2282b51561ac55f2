namespace AttentionCluster.Core.Kernels;

/// <summary>What a microkernel asks memory for while it computes.</summary>
internal interface IAhead
{
    /// <summary>Steps of a sum from one call of <see cref="Ask"/> to the next: as many as the microkernels are unrolled by.</summary>
    const int Steps = 4;

    /// <summary>Asks for the share of the next steps.</summary>
    void Ask();
}
