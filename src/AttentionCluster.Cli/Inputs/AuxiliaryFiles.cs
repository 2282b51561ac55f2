using AttentionCluster.Client;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Inputs;

/// <summary>
/// The tensors beside Q, K and V: each in a file of its own, or in any other file that the command line names. Whichever way it comes in,
/// it is read; one that is there twice is refused, because one of the two would have to be passed over.
/// </summary>
internal sealed class AuxiliaryFiles
{
    private readonly Dictionary<string, (TensorFile File, TensorEntry Entry, string Origin)> _found = new(StringComparer.Ordinal);
    private AuxiliaryLayout _layout = AuxiliaryLayout.None;

    /// <summary>Bytes of those that there are.</summary>
    public long ByteLength => _found.Values.Sum(found => found.Entry.ByteLength);

    /// <summary>Their names and types.</summary>
    public IEnumerable<(string Name, ElementType Type)> Tensors => _found.Select(found => (found.Key, found.Value.Entry.Type));

    /// <summary>What is in the files and read by nobody, for the user to know.</summary>
    public IReadOnlyList<string> Unread { get; private init; } = [];

    /// <summary>Collects them.</summary>
    /// <param name="files">Opened files; those of <paramref name="options"/> are opened here.</param>
    /// <param name="options">Files that are named for one of them.</param>
    /// <param name="taken">Tensors that are Q, K or V, whatever their names are.</param>
    /// <param name="refusal">What is wrong with them.</param>
    public static AuxiliaryFiles? Find(
        OpenFiles files, IReadOnlyList<NamedFile> options, IReadOnlyList<(TensorFile File, TensorEntry Entry)> taken, out Refusal? refusal)
    {
        List<(TensorFile File, TensorEntry Entry)> used = [.. taken];
        var named = new List<(string Name, TensorFile File, TensorEntry Entry, string Origin)>();
        refusal = null;
        foreach (NamedFile option in options)
        {
            if (files.Open(option.Option, option.Path, out refusal) is not { } file
                || FindNamed(file, option, out refusal) is not { } entry)
                return null;
            named.Add((option.Name, file, entry, option.Option));
            used.Add((file, entry));
        }

        var auxiliary = new AuxiliaryFiles { Unread = [.. files.All.SelectMany(file => UnreadOf(file, used))] };
        foreach ((string name, TensorFile file, TensorEntry entry, string origin) in named)
            refusal ??= auxiliary.Add(name, file, entry, $"{origin} {file.Path}");
        foreach (TensorFile file in files.All)
        {
            refusal ??= WrongType(file);
            foreach (TensorEntry entry in file.Entries.Where(entry => IsAuxiliary(entry.Name) && !used.Contains((file, entry))))
                refusal ??= auxiliary.Add(entry.Name, file, entry, file.Path);
        }

        return refusal is null ? auxiliary : null;
    }

    /// <summary>Checks types and axes; the rest of this class is about what this has found.</summary>
    public AuxiliaryLayout? Read(AttentionShape shape, AttentionOptions options, out Refusal? refusal)
    {
        string origin = string.Join(", ", _found.Values.Select(found => found.Origin).Distinct());
        AuxiliaryLayout? layout = AuxiliaryLayout.Create(
            [.. _found.Select(found => found.Value.Entry with { Name = found.Key })], shape, options, origin, out refusal);
        _layout = layout ?? _layout;
        return layout;
    }

    /// <summary>Reads the numbers; null, with the reason, when one is out of its range.</summary>
    public AuxiliaryTensors? Open(AttentionShape shape, AttentionOptions options, out Refusal? refusal) =>
        AuxiliaryTensors.Open(_layout, shape, options, tensor => _found[tensor.Name].File.Bytes(_found[tensor.Name].Entry), out refusal);

    /// <summary>Makes them readable in a store.</summary>
    public StoredAuxiliaryTensors Place(TensorStore store) => new(_layout, [.. _layout.Tensors.Select(tensor =>
        store.Import(StoredAuxiliaryTensors.IdOf(tensor.Name), _found[tensor.Name].File, _found[tensor.Name].Entry, tensor.Shape))]);

    /// <summary>The same as they are sent to a server.</summary>
    public IEnumerable<TensorInput> ForUpload() =>
        _layout.Tensors.Select(tensor => TensorInput.FromFile(tensor.Name, _found[tensor.Name].File, _found[tensor.Name].Entry));

    private Refusal? Add(string name, TensorFile file, TensorEntry entry, string origin) => _found.TryAdd(name, (file, entry, origin))
        ? null
        : new Refusal(ErrorCode.TensorsConflict, $"the tensor '{name}' is given twice, by {_found[name].Origin} and by {origin}; leave one "
            + "out");

    private static TensorEntry? FindNamed(TensorFile file, NamedFile option, out Refusal? refusal)
    {
        refusal = null;
        TensorEntry? entry = file.Only ?? file.Find(option.Name);
        if (entry is null)
            refusal = WrongType(file, option.Name) ?? new Refusal(ErrorCode.TensorMissing, $"{option.Option}: there is no tensor "
                + $"'{option.Name}' in {file.Path}; it must have one of that name, or one tensor in all");
        return entry;
    }

    private static Refusal? WrongType(TensorFile file, string? name = null) =>
        file.OtherEntries.FirstOrDefault(other => name is null ? IsAuxiliary(other.Name) : other.Name == name) is { } other
            ? new Refusal(ErrorCode.WrongType, $"the tensor '{other.Name}' in {file.Path} is of type {other.Dtype}, which no option takes")
            : null;

    private static bool IsAuxiliary(string name) => AuxiliaryTensorCatalog.Find(name) is not null;

    private static IEnumerable<string> UnreadOf(TensorFile file, List<(TensorFile File, TensorEntry Entry)> used)
    {
        string[] names =
        [
            .. file.Entries.Where(entry => !used.Contains((file, entry))).Select(entry => entry.Name)
                .Concat(file.OtherEntries.Select(other => other.Name)).Concat(file.UnreadNames)
                .Where(name => InputTensors.CheckNames([name], file.Path) is not null),
        ];
        return names.Length == 0 ? [] : [$"{file.Path} has "
            + $"{string.Join(", ", names.Take(InputNames.ShownMax).Select(name => $"'{name}'"))}, which "
            + $"{(names.Length == 1 ? "is" : "are")} not read"];
    }
}
