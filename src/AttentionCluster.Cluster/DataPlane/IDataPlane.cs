using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>
/// Moves tensor bytes between nodes, outside of Akka: rows of stored tensors to workers, and partials back. What travels in
/// messages is a <see cref="Claim"/> for such bytes.
/// </summary>
public interface IDataPlane
{
    /// <summary>Bytes that this node has received so far.</summary>
    long BytesReceived { get; }

    /// <summary>Streams consecutive rows of one head of a stored tensor, in order, in chunks of whole rows.</summary>
    /// <param name="tensorId">The tensor's name in the store.</param>
    /// <param name="rows">Which rows.</param>
    /// <param name="sink">Takes each chunk before the next is read.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <exception cref="DataPlaneException">The tensor is unknown, the rows are out of its range, or reading failed.</exception>
    Task PullRowsAsync(string tensorId, RowRange rows, RowSink sink, CancellationToken cancellationToken);

    /// <summary>Makes bytes available to whoever gets the claim. The data plane owns them from now on.</summary>
    /// <param name="job">Whose they are.</param>
    /// <param name="payload">The bytes.</param>
    Claim Offer(string job, NativeBuffer payload);

    /// <summary>Copies what a claim stands for, checks it, and frees it at its source.</summary>
    /// <param name="claim">From <see cref="Offer"/>, on any node.</param>
    /// <param name="destination">Of exactly the claim's length.</param>
    /// <param name="cancellationToken">Stops between chunks; the payload stays offered.</param>
    /// <exception cref="DataPlaneException">
    /// The claim is unknown or was withdrawn, the length differs, or the bytes don't have the claim's checksum.
    /// </exception>
    Task PullAsync(Claim claim, NativeBuffer destination, CancellationToken cancellationToken);

    /// <summary>Frees bytes that nobody will pull any more; an unknown claim is ignored.</summary>
    void Withdraw(Claim claim);

    /// <summary>Frees all that this node still offers of a job.</summary>
    void WithdrawAll(string job);
}
