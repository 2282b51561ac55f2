namespace AttentionCluster.Cluster.DataPlane;

/// <summary>A stored tensor as a node without the store knows it.</summary>
/// <param name="Id">Its name in the store.</param>
/// <param name="RowBytes">Bytes of one row; a store whose tensor differs refuses.</param>
/// <param name="Address">The data plane of the node that has the store, as <c>host:port</c>; empty when that is this node.</param>
internal sealed record TensorSource(string Id, int RowBytes, string Address);
