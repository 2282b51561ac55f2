using AttentionCluster.Cli.Options;
using AttentionCluster.Client;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Inputs;

/// <summary>Standard normal tensors, a pure function of seed, shape and position: the same on every machine.</summary>
internal sealed class RandomInput : IJobInput
{
    private readonly ulong _seed;
    private readonly OpenFiles _files;
    private readonly AuxiliaryFiles _auxiliary;

    private RandomInput(AttentionShape shape, ulong seed, OpenFiles files, AuxiliaryFiles auxiliary) =>
        (Shape, _seed, _files, _auxiliary) = (shape, seed, files, auxiliary);

    /// <inheritdoc/>
    public AttentionShape Shape { get; }

    /// <inheritdoc/>
    public ElementType QueryType => ElementType.Float32;

    /// <inheritdoc/>
    public ElementType KeyType => ElementType.Float32;

    /// <inheritdoc/>
    public ElementType ValueType => ElementType.Float32;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Unread => _auxiliary.Unread;

    /// <inheritdoc/>
    public IReadOnlyList<string> Paths => [.. _files.All.Select(file => Path.GetFullPath(file.Path))];

    /// <inheritdoc/>
    public long StoreBytes =>
        sizeof(float) * (Shape.Query.ElementCount + Shape.Key.ElementCount + Shape.Value.ElementCount);

    /// <inheritdoc/>
    public long ByteLength => StoreBytes + _auxiliary.ByteLength;

    /// <summary>Checks that the shapes fit together.</summary>
    /// <param name="shape">Of Q, K and V.</param>
    /// <param name="seed">What their numbers depend on besides.</param>
    /// <param name="auxiliaryFiles">Files that are named for one of the tensors beside them.</param>
    /// <param name="refusal">What is wrong.</param>
    public static RandomInput? Create(RandomShape shape, ulong seed, IReadOnlyList<NamedFile> auxiliaryFiles, out Refusal? refusal)
    {
        var files = new OpenFiles();
        if (AttentionShape.Create(shape.Query, shape.Key, shape.Value, out refusal) is { } checkedShape
            && AuxiliaryFiles.Find(files, auxiliaryFiles, [], out refusal) is { } auxiliary)
        {
            return new RandomInput(checkedShape, seed, files, auxiliary);
        }

        files.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public StoredInput Place(TensorStore store, CancellationToken cancellationToken) =>
        new(store.Generate("q", "q", Shape.Query, _seed, cancellationToken),
            store.Generate("k", "k", Shape.Key, _seed, cancellationToken),
            store.Generate("v", "v", Shape.Value, _seed, cancellationToken), _auxiliary.Place(store));

    /// <inheritdoc/>
    public IReadOnlyList<TensorInput> ForUpload() =>
    [
        TensorInput.Random("q", Shape.Query, _seed),
        TensorInput.Random("k", Shape.Key, _seed),
        TensorInput.Random("v", Shape.Value, _seed),
        .. _auxiliary.ForUpload(),
    ];

    /// <inheritdoc/>
    public AuxiliaryLayout? ReadAuxiliary(AttentionOptions options, out Refusal? refusal) => _auxiliary.Read(Shape, options, out refusal);

    /// <inheritdoc/>
    public AuxiliaryTensors? OpenAuxiliary(AttentionOptions options, out Refusal? refusal) => _auxiliary.Open(Shape, options, out refusal);

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();
}
