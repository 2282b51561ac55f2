namespace AttentionCluster.Cluster.Store;

/// <summary>The tensors of a job in the store.</summary>
/// <param name="Query">Q.</param>
/// <param name="Key">K.</param>
/// <param name="Value">V.</param>
/// <param name="Auxiliary">The tensors beside them.</param>
internal sealed record StoredInput(StoredTensor Query, StoredTensor Key, StoredTensor Value, StoredAuxiliaryTensors Auxiliary);
