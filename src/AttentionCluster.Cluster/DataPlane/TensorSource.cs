namespace AttentionCluster.Cluster.DataPlane;

/// <summary>A stored tensor as a node without the store knows it.</summary>
/// <param name="Id">Its name in the store.</param>
/// <param name="RowBytes">Bytes of one row; a store whose tensor differs refuses.</param>
/// <param name="Addresses">
/// The data planes of the nodes that have the store, as <c>host:port</c>, the first one asked first: several gateways may share one
/// data directory. Empty: this node has it.
/// </param>
public sealed record TensorSource(string Id, int RowBytes, IReadOnlyList<string> Addresses);
