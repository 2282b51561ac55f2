using AttentionCluster.Cli.Options;
using AttentionCluster.Client;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Inputs;

/// <summary>Standard normal tensors, a pure function of seed, shape and position: the same on every machine.</summary>
internal sealed class RandomInput : IJobInput
{
    private readonly ulong _seed;

    private RandomInput(AttentionShape shape, ulong seed) => (Shape, _seed) = (shape, seed);

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
    public IReadOnlyList<string> Paths => [];

    /// <inheritdoc/>
    public long StoreBytes =>
        sizeof(float) * (Shape.Query.ElementCount + Shape.Key.ElementCount + Shape.Value.ElementCount);

    /// <inheritdoc/>
    public long ByteLength => StoreBytes;

    /// <summary>Checks that the shapes fit together.</summary>
    public static RandomInput? Create(RandomShape shape, ulong seed, out Refusal? refusal) =>
        AttentionShape.Create(shape.Query, shape.Key, shape.Value, out refusal) is { } checkedShape
            ? new RandomInput(checkedShape, seed)
            : null;

    /// <inheritdoc/>
    public StoredInput Place(TensorStore store, CancellationToken cancellationToken) =>
        new(store.Generate("q", "q", Shape.Query, _seed, cancellationToken),
            store.Generate("k", "k", Shape.Key, _seed, cancellationToken),
            store.Generate("v", "v", Shape.Value, _seed, cancellationToken), JobSide.None);

    /// <inheritdoc/>
    public IReadOnlyList<TensorInput> ForUpload() =>
    [
        TensorInput.Random("q", Shape.Query, _seed),
        TensorInput.Random("k", Shape.Key, _seed),
        TensorInput.Random("v", Shape.Value, _seed),
    ];

    /// <inheritdoc/>
    public SideLayout? ReadSide(AttentionOptions options, out Refusal? refusal)
    {
        refusal = null;
        return SideLayout.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
