using AttentionCluster.Client;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Inputs;

/// <summary>Q, K and V of a job: known and checked before any work, brought into a store when the job starts.</summary>
internal interface IJobInput : IDisposable
{
    /// <summary>The shapes, which fit together.</summary>
    AttentionShape Shape { get; }

    /// <summary>Of Q.</summary>
    ElementType QueryType { get; }

    /// <summary>Of K.</summary>
    ElementType KeyType { get; }

    /// <summary>Of V.</summary>
    ElementType ValueType { get; }

    /// <summary>What the user should know of the tensors though they are accepted.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>What the files have besides, and nobody reads: a server is not told of it.</summary>
    IReadOnlyList<string> Unread { get; }

    /// <summary>The files that are read, as full paths.</summary>
    IReadOnlyList<string> Paths { get; }

    /// <summary>Bytes that <see cref="Place"/> writes to the disk of the store.</summary>
    long StoreBytes { get; }

    /// <summary>Bytes of the tensors as they are sent.</summary>
    long ByteLength { get; }

    /// <summary>The tensors as they are sent to a server; readable until this is disposed.</summary>
    IReadOnlyList<TensorInput> ForUpload();

    /// <summary>Brings the tensors into a store; <see cref="ReadAuxiliary"/> comes before.</summary>
    StoredInput Place(TensorStore store, CancellationToken cancellationToken);

    /// <summary>Checks the tensors beside Q, K and V.</summary>
    /// <param name="options">The job's.</param>
    /// <param name="refusal">What is wrong with them.</param>
    AuxiliaryLayout? ReadAuxiliary(AttentionOptions options, out Refusal? refusal);

    /// <summary>Reads the numbers of the tensors beside Q, K and V, after <see cref="ReadAuxiliary"/>.</summary>
    /// <param name="options">The job's.</param>
    /// <param name="refusal">The first number that is out of its range.</param>
    /// <returns>Null when one is.</returns>
    AuxiliaryTensors? OpenAuxiliary(AttentionOptions options, out Refusal? refusal);
}
