namespace AttentionCluster.Cluster.DataPlane;

/// <summary>Takes a chunk of whole rows, in the tensor's own element type.</summary>
/// <param name="firstRow">The chunk's first row, counted from the first row that was asked for.</param>
/// <param name="rows">Valid until the call returns.</param>
internal delegate void RowSink(int firstRow, ReadOnlySpan<byte> rows);
