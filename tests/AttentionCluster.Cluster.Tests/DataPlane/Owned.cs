namespace AttentionCluster.Cluster.Tests.DataPlane;

/// <summary>Disposed together, in this order.</summary>
internal sealed class Owned(params IDisposable[] parts) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        foreach (IDisposable part in parts)
            part.Dispose();
        return ValueTask.CompletedTask;
    }
}
