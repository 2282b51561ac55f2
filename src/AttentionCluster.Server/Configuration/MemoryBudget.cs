using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Core;

namespace AttentionCluster.Server.Configuration;

/// <summary>What a node may come to take of memory when all of its limits are reached at once, in bytes.</summary>
/// <param name="Tensors">Native memory of segments, query blocks, partials and workspaces.</param>
/// <param name="DataPlane">Transfers that are served and pulled.</param>
/// <param name="Http">Bodies of the public interface on their way.</param>
internal sealed record MemoryBudget(long Tensors, long DataPlane, long Http)
{
    /// <summary>The runtime, the code, and the actors of a node.</summary>
    private const long Runtime = 128L << 20;

    private long Total => Tensors + DataPlane + Http + Runtime;

    internal static MemoryBudget Of(NodeOptions node, DataPlaneOptions plane, HttpOptions http) =>
        new(node.MemoryBytesMax, plane.BufferBytesMax(node.ChunkBytes), http.BufferBytes);

    /// <summary>Refuses limits that could not all be reached.</summary>
    /// <param name="availableBytes">What the process may use.</param>
    /// <returns>Null when all fits.</returns>
    internal Refusal? Check(long availableBytes) => Total <= availableBytes ? null : new Refusal(
        ErrorCode.MemoryLimit,
        $"the limits of this node add up to {ByteSize.Text(Total)}, and the process may use {ByteSize.Text(availableBytes)}: "
        + $"{ByteSize.Text(Tensors)} for tensors (Node:MemoryBytesMax), {ByteSize.Text(DataPlane)} for transfers between nodes "
            + "(DataPlane:ServedMax, DataPlane:PulledMax), "
        + $"{ByteSize.Text(Http)} for HTTP (Http:ConnectionsMax, Http:BufferBytesMax), {ByteSize.Text(Runtime)} for the runtime; lower one "
            + "of them")
    {
        Option = nameof(NodeOptions.MemoryBytesMax),
    };
}
