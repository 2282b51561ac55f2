namespace AttentionCluster.Core.Kernels;

/// <summary>Asks for nothing, and costs nothing: for tall tiles, which are bound by arithmetic (see <see cref="Prefetch"/>).</summary>
internal readonly struct NothingAhead : IAhead
{
    /// <inheritdoc/>
    public void Ask()
    {
    }
}
