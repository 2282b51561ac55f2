using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.DataPlane;

/// <summary>
/// Moves tensor bytes between nodes, outside of Akka: rows of stored tensors to workers, and partials back. What travels in
/// messages is a <see cref="Claim"/> for such bytes.
/// </summary>
internal interface IDataPlane
{
    /// <summary>Where other nodes reach this one's bytes, as <c>host:port</c>; empty when none can.</summary>
    string Address { get; }

    /// <summary>
    /// Streams consecutive rows of one head of a stored tensor, in order, in chunks of whole rows. A chunk that came from
    /// another node was checked before the sink gets it.
    /// </summary>
    /// <param name="tensor">The tensor and where it is.</param>
    /// <param name="rows">Which rows.</param>
    /// <param name="sink">Takes each chunk before the next is read.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <exception cref="DataPlaneException">
    /// The tensor is unknown or has other rows, or reading failed at the node that has it; names the node and the cause.
    /// </exception>
    Task PullRowsAsync(TensorSource tensor, RowRange rows, RowSink sink, CancellationToken cancellationToken);

    /// <summary>Waits until this node may offer so many bytes more, so that what it offers already can stay until it is pulled.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="DataPlaneException">More than the node may ever offer.</exception>
    Task<ByteLease> ReserveAsync(long bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Makes bytes available to whoever gets the claim. The data plane owns them from now on, and frees them at the latest at its
    /// limit of age.
    /// </summary>
    /// <param name="job">Whose they are.</param>
    /// <param name="payload">The bytes.</param>
    /// <param name="room">From <see cref="ReserveAsync"/>, and used up by this; null when there must be room now.</param>
    /// <exception cref="DataPlaneException">More than the node may offer; the bytes have been freed.</exception>
    Claim Publish(string job, NativeBuffer payload, ByteLease? room = null);

    /// <summary>Whether this node still offers what a claim of its own stands for.</summary>
    bool IsPublished(Claim claim);

    /// <summary>Copies what a claim stands for, checks it, and has it freed at its source.</summary>
    /// <param name="claim">From <see cref="Publish"/>, on any node.</param>
    /// <param name="destination">Of exactly the claim's length.</param>
    /// <param name="cancellationToken">Stops between chunks; the payload stays published.</param>
    /// <exception cref="DataPlaneException">
    /// The claim is unknown or was withdrawn, the length differs, the source can't be reached, broke off or was too slow, or the
    /// bytes don't have the claim's checksum.
    /// </exception>
    Task PullAsync(Claim claim, NativeBuffer destination, CancellationToken cancellationToken);

    /// <summary>
    /// Frees bytes that nobody will pull any more: of this node at once, or as soon as they are not being read; of another node in the
    /// background, as far as it can be reached. An unknown claim is ignored.
    /// </summary>
    void Release(Claim claim);

    /// <summary>Frees all that this node still offers of a job.</summary>
    void ReleaseAll(string job);
}
