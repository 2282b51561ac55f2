using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Wire;

/// <summary>From this product's own types to messages, and back.</summary>
internal static class WireTranslation
{
    internal static ClaimCheck ToMessage(this Claim claim) =>
        new() { Node = claim.Node, Address = claim.Address, Id = claim.Id, Bytes = claim.Bytes, Checksum = claim.Checksum, Seal = claim.Seal ?? "" };

    internal static Claim ToClaim(this ClaimCheck message) =>
        new(message.Node, message.Address, message.Id, message.Bytes, message.Checksum) { Seal = message.Seal.Length == 0 ? null : message.Seal };

    /// <param name="tensor">The tensor.</param>
    /// <param name="addresses">Where the data planes of the nodes listen that have it; none when that is no other node.</param>
    internal static TensorRef ToMessage(this StoredTensor tensor, IReadOnlyList<string> addresses)
    {
        var message = new TensorRef
        {
            Id = tensor.Id,
            Batch = tensor.Shape.Batch,
            Heads = tensor.Shape.Heads,
            Rows = tensor.Shape.Rows,
            Width = tensor.Shape.Width,
            ElementType = (int)tensor.Entry.Type,
        };
        message.Addresses.AddRange(addresses);
        return message;
    }

    internal static TensorSource ToSource(this TensorRef message) =>
        new(message.Id, message.Width * ((ElementType)message.ElementType).ByteSize(), message.Addresses);
}
