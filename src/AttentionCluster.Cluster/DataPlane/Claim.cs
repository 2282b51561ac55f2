namespace AttentionCluster.Cluster.DataPlane;

/// <summary>Stands for bytes that wait on a node.</summary>
/// <param name="Node">The node that offers them.</param>
/// <param name="Address">Where that node's data plane listens, as <c>host:port</c>; empty when no other node can reach it.</param>
/// <param name="Id">Names them on that node, never used twice.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Checksum">Their XXH3.</param>
internal readonly record struct Claim(string Node, string Address, ulong Id, long Bytes, ulong Checksum)
{
    /// <summary>The seal of the node that offers them, without which no other takes them; null where no other can pull them.</summary>
    public string? Seal { get; init; }
}
