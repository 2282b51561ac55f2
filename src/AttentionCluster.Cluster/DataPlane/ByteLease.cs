namespace AttentionCluster.Cluster.DataPlane;

/// <summary>The right to so many bytes, until it is disposed.</summary>
public sealed class ByteLease : IDisposable
{
    private readonly ByteBudget _budget;

    internal ByteLease(ByteBudget budget, long bytes) => (_budget, Bytes) = (budget, bytes);

    /// <summary>How many; 0 when they were given back, or exchanged for others.</summary>
    internal long Bytes { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => _budget.Return(this);

    /// <summary>Called under the lock of the budget.</summary>
    /// <returns>The bytes that it had.</returns>
    internal long Empty()
    {
        long bytes = Bytes;
        Bytes = 0;
        return bytes;
    }
}
