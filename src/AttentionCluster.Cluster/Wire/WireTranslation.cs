using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Wire;

/// <summary>From this product's own types to messages, and back.</summary>
internal static class WireTranslation
{
    internal static ClaimCheck ToMessage(this Claim claim) =>
        new()
        {
            Node = claim.Node,
            Address = claim.Address,
            Id = claim.Id,
            Bytes = claim.Bytes,
            Checksum = claim.Checksum,
            Seal = claim.Seal ?? ""
        };

    internal static Claim ToClaim(this ClaimCheck message) =>
        new(message.Node, message.Address, message.Id, message.Bytes, message.Checksum)
        {
            Seal = message.Seal.Length == 0 ? null
            : message.Seal
        };

    /// <param name="tensor">The tensor.</param>
    /// <param name="address">Where the data plane of the node listens that has it; empty when no other node can reach it.</param>
    internal static TensorRef ToMessage(this StoredTensor tensor, string address) => new()
    {
        Id = tensor.Id,
        Batch = tensor.Shape.Batch,
        Heads = tensor.Shape.Heads,
        Rows = tensor.Shape.Rows,
        Width = tensor.Shape.Width,
        ElementType = (int)tensor.Entry.Type,
        Address = address,
    };

    internal static TensorSource ToSource(this TensorRef message) =>
        new(message.Id, message.Width * ((ElementType)message.ElementType).ByteSize(), message.Address);
}
