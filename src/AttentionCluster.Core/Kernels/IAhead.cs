namespace AttentionCluster.Core.Kernels;

/// <summary>What a microkernel asks memory for while it computes.</summary>
internal interface IAhead
{
    /// <summary>Asks for the share of the next <see cref="Steps"/> steps.</summary>
    void Ask();

    /// <summary>Steps of a sum from one call to the next.</summary>
    const int Steps = 4;
}
