namespace AttentionCluster.Cluster.DataPlane;

/// <summary>Consecutive rows of one head of a tensor.</summary>
public readonly record struct RowRange(int Batch, int Head, int FirstRow, int Rows);
