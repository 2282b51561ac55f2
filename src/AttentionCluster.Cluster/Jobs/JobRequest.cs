using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>One attention job over tensors that are in the store.</summary>
/// <param name="Id">Names the job and its folder in the store: letters, digits and hyphens.</param>
/// <param name="Query">Q.</param>
/// <param name="Key">K.</param>
/// <param name="Value">V.</param>
/// <param name="Options">What the user chose.</param>
internal sealed record JobRequest(
    string Id, StoredTensor Query, StoredTensor Key, StoredTensor Value, AttentionOptions Options)
{
    /// <summary>The tensors beside them.</summary>
    public StoredAuxiliaryTensors Auxiliary { get; init; } = StoredAuxiliaryTensors.None;

    /// <summary>
    /// The process that has the job, which outlives it: when it is run again, by whichever process has it then, it goes on where it was.
    /// Null for a job that ends with its process.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>Whether it has never been run: then nothing is journaled of it, and nobody need look.</summary>
    public bool IsNew { get; init; }
}
