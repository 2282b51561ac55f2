using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster;

/// <summary>One attention job over tensors that are in the store.</summary>
/// <param name="Id">Names the job and its folder in the store: letters, digits and hyphens.</param>
/// <param name="Query">Q.</param>
/// <param name="Key">K.</param>
/// <param name="Value">V.</param>
/// <param name="Options">What the user chose.</param>
public sealed record JobRequest(
    string Id, StoredTensor Query, StoredTensor Key, StoredTensor Value, AttentionOptions Options);
