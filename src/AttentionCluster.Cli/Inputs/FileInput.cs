using AttentionCluster.Client;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Inputs;

/// <summary>Tensors of files, which stay where they are: the store reads them in place.</summary>
internal sealed class FileInput : IJobInput
{
    private readonly IReadOnlyList<TensorFile> _files;
    private SideLayout _side = SideLayout.None;

    private FileInput(IReadOnlyList<TensorFile> files, InputTensor query, InputTensor key, InputTensor value, AttentionShape shape) =>
        (_files, Query, Key, Value, Shape) = (files, query, key, value, shape);

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
        .. from tensor in (IEnumerable<(string Name, ElementType Type)>)[.. Tensors().Select(tensor => (tensor.Name, tensor.Tensor.Entry.Type)), .. _side.Tensors.Select(side => (side.Name, side.Type))]
           where tensor.Type == ElementType.Float64
           select $"{tensor.Name} is float64 and was converted to float32",
    ];

    /// <inheritdoc/>
    public IReadOnlyList<string> Paths => [.. _files.Select(file => Path.GetFullPath(file.Path))];

    /// <inheritdoc/>
    public long StoreBytes => 0;

    /// <inheritdoc/>
    public long ByteLength => Tensors().Sum(tensor => tensor.Tensor.Entry.ByteLength);

    /// <summary>Opens three files with one tensor each.</summary>
    public static FileInput? OpenThree(string query, string key, string value, out Refusal? refusal)
    {
        var files = new List<TensorFile>();
        if (OpenInto(files, "--q", query, out refusal) is { } q
            && OpenInto(files, "--k", key, out refusal) is { } k
            && OpenInto(files, "--v", value, out refusal) is { } v
            && Create(files, [q, k, v], alone: true, out refusal) is { } input)
        {
            return input;
        }

        Close(files);
        return null;
    }

    /// <summary>Opens one file with tensors <c>q</c>, <c>k</c> and <c>v</c>.</summary>
    public static FileInput? OpenOne(string path, out Refusal? refusal)
    {
        var files = new List<TensorFile>();
        if (OpenInto(files, "--input", path, out refusal) is { } file)
        {
            refusal = InputNames.Check(file);
            if (refusal is null && Create(files, [file, file, file], alone: false, out refusal) is { } input)
                return input;
        }

        Close(files);
        return null;
    }

    /// <inheritdoc/>
    public StoredInput Place(TensorStore store, CancellationToken cancellationToken) =>
        new(store.Import("q", Query.File, Query.Entry, Query.Shape),
            store.Import("k", Key.File, Key.Entry, Key.Shape),
            store.Import("v", Value.File, Value.Entry, Value.Shape),
            new JobSide(_side, [.. _side.Tensors.Select(tensor => store.Import(JobSide.IdOf(tensor.Name), Key.File, EntryOf(tensor), tensor.Shape))]));

    /// <inheritdoc/>
    public SideLayout? ReadSide(AttentionOptions options, out Refusal? refusal)
    {
        refusal = null;
        if (Query.File != Key.File)
            return _side;
        refusal = Key.File.OtherEntries.FirstOrDefault(other => SideLayout.Names.Contains(other.Name)) is { } other
            ? new Refusal("wrong-type", $"the tensor '{other.Name}' in {Key.File.Path} is of type {other.Dtype}, which no option takes")
            : null;
        SideLayout? side = refusal is null ? SideLayout.Create(Key.File.Entries, Shape, options, Key.File.Path, out refusal) : null;
        _side = side ?? _side;
        return side;
    }

    /// <summary>Reads the numbers of the tensors beside Q, K and V; null, with the reason, when one is out of its range.</summary>
    public SideTensors? OpenSide(AttentionOptions options, out Refusal? refusal) =>
        SideTensors.Open(_side, Shape, options, tensor => Key.File.Bytes(EntryOf(tensor)), out refusal);

    /// <inheritdoc/>
    public IReadOnlyList<TensorInput> ForUpload() =>
    [
        .. Tensors().Select(tensor => TensorInput.FromFile(tensor.Name, tensor.Tensor.File, tensor.Tensor.Entry)),
        .. _side.Tensors.Select(tensor => TensorInput.FromFile(tensor.Name, Key.File, EntryOf(tensor))),
    ];

    /// <inheritdoc/>
    public void Dispose() => Close(_files);

    private TensorEntry EntryOf(SideTensor tensor) => Key.File.Find(tensor.Name)!;

    private static FileInput? Create(List<TensorFile> files, TensorFile[] holders, bool alone, out Refusal? refusal) =>
        InputTensor.Find(holders[0], "q", alone, out refusal) is { } query
        && InputTensor.Find(holders[1], "k", alone, out refusal) is { } key
        && InputTensor.Find(holders[2], "v", alone, out refusal) is { } value
        && AttentionShape.Create(query.Shape, key.Shape, value.Shape, out refusal) is { } shape
            ? new FileInput(files, query, key, value, shape)
            : null;

    private static TensorFile? OpenInto(List<TensorFile> files, string option, string path, out Refusal? refusal)
    {
        TensorFile? file = FileOpening.Open(option, path, out refusal);
        if (file is not null)
            files.Add(file);
        return file;
    }

    private static void Close(IReadOnlyList<TensorFile> files)
    {
        foreach (TensorFile file in files)
            file.Dispose();
    }

    private IEnumerable<(string Name, InputTensor Tensor)> Tensors() => [("q", Query), ("k", Key), ("v", Value)];
}
