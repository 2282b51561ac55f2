using AttentionCluster.Client;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Inputs;

/// <summary>Tensors of files, which stay where they are: the store reads them in place.</summary>
internal sealed class FileInput : IJobInput
{
    private readonly OpenFiles _files;
    private readonly AuxiliaryFiles _auxiliary;

    private FileInput(
        OpenFiles files, InputTensor query, InputTensor key, InputTensor value, AttentionShape shape, AuxiliaryFiles auxiliary) =>
        (_files, Query, Key, Value, Shape, _auxiliary) = (files, query, key, value, shape, auxiliary);

    /// <summary>Q.</summary>
    public InputTensor Query { get; }

    /// <summary>K.</summary>
    public InputTensor Key { get; }

    /// <summary>V.</summary>
    public InputTensor Value { get; }

    /// <inheritdoc/>
    public AttentionShape Shape { get; }

    /// <inheritdoc/>
    public ElementType QueryType => Query.Entry.Type;

    /// <inheritdoc/>
    public ElementType KeyType => Key.Entry.Type;

    /// <inheritdoc/>
    public ElementType ValueType => Value.Entry.Type;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings =>
    [
        .. from tensor in Tensors().Select(tensor => (tensor.Name, tensor.Tensor.Entry.Type)).Concat(_auxiliary.Tensors)
           where tensor.Type == ElementType.Float64
           select $"{tensor.Name} is float64 and was converted to float32",
    ];

    /// <inheritdoc/>
    public IReadOnlyList<string> Unread => _auxiliary.Unread;

    /// <inheritdoc/>
    public IReadOnlyList<string> Paths => [.. _files.All.Select(file => Path.GetFullPath(file.Path))];

    /// <inheritdoc/>
    public long StoreBytes => 0;

    /// <inheritdoc/>
    public long ByteLength => Tensors().Sum(tensor => tensor.Tensor.Entry.ByteLength) + _auxiliary.ByteLength;

    /// <summary>Opens a file for each of Q, K and V, which may be one and the same.</summary>
    /// <param name="files">Of <c>q</c>, <c>k</c> and <c>v</c>.</param>
    /// <param name="auxiliaryFiles">Files that are named for one of the tensors beside them.</param>
    /// <param name="refusal">What is wrong.</param>
    public static FileInput? OpenThree(IReadOnlyList<NamedFile> files, IReadOnlyList<NamedFile> auxiliaryFiles, out Refusal? refusal)
    {
        refusal = null;
        var opened = new OpenFiles();
        var holders = new List<TensorFile>();
        foreach (NamedFile file in files)
        {
            if (opened.Open(file.Option, file.Path, out refusal) is not { } holder)
                break;
            holders.Add(holder);
        }

        return Create(opened, holders, alone: true, auxiliaryFiles, ref refusal);
    }

    /// <summary>Opens one file with tensors <c>q</c>, <c>k</c> and <c>v</c>: everything in it counts.</summary>
    /// <param name="path">The file.</param>
    /// <param name="auxiliaryFiles">Files that are named for one of the tensors beside them.</param>
    /// <param name="refusal">What is wrong.</param>
    public static FileInput? OpenOne(string path, IReadOnlyList<NamedFile> auxiliaryFiles, out Refusal? refusal)
    {
        var opened = new OpenFiles();
        TensorFile? file = opened.Open("--input", path, out refusal);
        refusal ??= InputNames.Check(file!);
        return Create(opened, file is null ? [] : [file, file, file], alone: false, auxiliaryFiles, ref refusal);
    }

    /// <inheritdoc/>
    public StoredInput Place(TensorStore store, CancellationToken cancellationToken) =>
        new(store.Import("q", Query.File, Query.Entry, Query.Shape),
            store.Import("k", Key.File, Key.Entry, Key.Shape),
            store.Import("v", Value.File, Value.Entry, Value.Shape),
            _auxiliary.Place(store));

    /// <inheritdoc/>
    public AuxiliaryLayout? ReadAuxiliary(AttentionOptions options, out Refusal? refusal) => _auxiliary.Read(Shape, options, out refusal);

    /// <inheritdoc/>
    public AuxiliaryTensors? OpenAuxiliary(AttentionOptions options, out Refusal? refusal) => _auxiliary.Open(Shape, options, out refusal);

    /// <inheritdoc/>
    public IReadOnlyList<TensorInput> ForUpload() =>
    [
        .. Tensors().Select(tensor => TensorInput.FromFile(tensor.Name, tensor.Tensor.File, tensor.Tensor.Entry)),
        .. _auxiliary.ForUpload(),
    ];

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    /// <summary>Finds the tensors in opened files, which are closed when that can't be done.</summary>
    private static FileInput? Create(
        OpenFiles files, List<TensorFile> holders, bool alone, IReadOnlyList<NamedFile> auxiliaryFiles, ref Refusal? refusal)
    {
        if (refusal is null
            && InputTensor.Find(holders[0], "q", alone, out refusal) is { } query
            && InputTensor.Find(holders[1], "k", alone, out refusal) is { } key
            && InputTensor.Find(holders[2], "v", alone, out refusal) is { } value
            && AttentionShape.Create(query.Shape, key.Shape, value.Shape, out refusal) is { } shape
            && AuxiliaryFiles.Find(
                files, auxiliaryFiles, [(query.File, query.Entry), (key.File, key.Entry), (value.File, value.Entry)],
                out refusal) is { } auxiliary)
        {
            return new FileInput(files, query, key, value, shape, auxiliary);
        }

        files.Dispose();
        return null;
    }

    private IEnumerable<(string Name, InputTensor Tensor)> Tensors() => [("q", Query), ("k", Key), ("v", Value)];
}
