using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;

namespace AttentionCluster.Cluster.Store;

/// <summary>The tensors beside Q, K and V that a job has in the store.</summary>
/// <param name="Layout">Which.</param>
/// <param name="Tensors">One for each of <see cref="AuxiliaryLayout.Tensors"/>, in that order.</param>
internal sealed record StoredAuxiliaryTensors(AuxiliaryLayout Layout, IReadOnlyList<StoredTensor> Tensors)
{
    /// <summary>None.</summary>
    public static StoredAuxiliaryTensors None { get; } = new(AuxiliaryLayout.None, []);

    /// <summary>The stored tensor of a name; there must be one.</summary>
    public StoredTensor this[AuxiliaryTensor tensor] => Tensors[Layout.Tensors.ToList().IndexOf(tensor)];

    /// <summary>What a tensor of a job is called in the store, where names have no underscores.</summary>
    public static string IdOf(string name) => name.Replace('_', '-');

    /// <summary>Reads their numbers.</summary>
    /// <returns>Null, with the reason, when one is out of its range.</returns>
    /// <exception cref="IOException">One can't be read; see <see cref="InputFailure"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal AuxiliaryTensors? Open(
        AttentionShape shape, AttentionOptions options, out Refusal? refusal, CancellationToken cancellationToken) => AuxiliaryTensors.Open(
            Layout, shape, options, tensor => this[tensor].File.Bytes(this[tensor].Entry), out refusal, cancellationToken);
}
