using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Wire;

/// <summary>From this product's own types to messages, and back.</summary>
internal static class WireTranslation
{
    internal static ClaimCheck ToMessage(this Claim claim) =>
        new() { Node = claim.Node, Id = claim.Id, Bytes = claim.Bytes, Checksum = claim.Checksum };

    internal static Claim ToClaim(this ClaimCheck message) =>
        new(message.Node, message.Id, message.Bytes, message.Checksum);

    internal static TensorRef ToMessage(this StoredTensor tensor) => new()
    {
        Id = tensor.Id,
        Batch = tensor.Shape.Batch,
        Heads = tensor.Shape.Heads,
        Rows = tensor.Shape.Rows,
        Width = tensor.Shape.Width,
        ElementType = (int)tensor.Entry.Type,
    };
}
