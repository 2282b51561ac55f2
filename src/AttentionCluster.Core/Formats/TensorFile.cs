using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// An open tensor file. Its header was checked against its length: every entry lies within the file. Reads go by position
/// and may come from many threads at once.
/// </summary>
public sealed class TensorFile : IDisposable
{
    private readonly TensorContents _contents;
    private readonly ByteSource _bytes;
    private readonly Dictionary<string, ByteSource> _members;
    private readonly Dictionary<string, TensorEntry> _byName;

    private TensorFile(
        ByteSource bytes, FileFormat format, TensorContents contents, Dictionary<string, ByteSource>? members =
            null, IReadOnlyList<string>? unread = null)
    {
        _bytes = bytes;
        _contents = contents;
        _members = members ?? [];
        _byName = contents.Entries.ToDictionary(entry => entry.Name);
        Format = format;
        UnreadNames = unread ?? [];
    }

    /// <summary>As it was given to <see cref="Open"/>.</summary>
    public string Path => _bytes.Path;

    /// <summary>Recognised by content: the file's name does not matter.</summary>
    public FileFormat Format { get; }

    /// <summary>The tensors that a job can use, in the file's order: their types are <see cref="ElementType"/>s.</summary>
    public IReadOnlyList<TensorEntry> Entries => _contents.Entries;

    /// <summary>Those of other types, in the file's order; an npy file has none.</summary>
    public IReadOnlyList<OtherTensorEntry> OtherEntries => _contents.OtherEntries;

    /// <summary>Members of an npz archive that were not asked for and not read, whatever they are.</summary>
    public IReadOnlyList<string> UnreadNames { get; }

    /// <summary>
    /// The tensor of a file that has one and no more, whatever its name is; null when there are others, or it is none that a job can use.
    /// </summary>
    public TensorEntry? Only => Entries.Count == 1 && OtherEntries.Count == 0 && UnreadNames.Count == 0 ? Entries[0] : null;

    /// <summary>The texts under <c>__metadata__</c> of a safetensors file, else empty.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _contents.Metadata;

    /// <summary>Opens an npy, npz or safetensors file, and checks all that its header says.</summary>
    /// <param name="path">A file that others may read but not write while it is open.</param>
    /// <param name="archiveBytesMax">
    /// What the members of an npz archive may take in memory together, and what an npy file in Fortran order may, which is turned around
    /// there.
    /// </param>
    /// <param name="names">
    /// The members of an npz archive that are wanted, or all of them when null: others are not read, and need not be readable. The only
    /// array of an archive is read whatever its name is.
    /// </param>
    /// <exception cref="TensorFormatException">It is no such file, or a broken one, or goes beyond <see cref="FormatLimits"/>.</exception>
    /// <exception cref="IOException">It is not there (<see cref="FileNotFoundException"/>,
    /// <see cref="DirectoryNotFoundException"/>), or the disk fails.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    public static TensorFile Open(string path, long archiveBytesMax = FormatLimits.ArchiveBytesMax,
        IReadOnlyCollection<string>? names = null)
    {
        FileBytes bytes = FileBytes.Open(path);
        try
        {
            FileFormat format = Recognise(bytes);
            switch (format)
            {
                case FileFormat.Npy:
                    string name = System.IO.Path.GetFileNameWithoutExtension(path);
                    (OtherTensorEntry only, bool isFortran) = NpyReader.Read(bytes, name, onlyElementTypes: true);
                    return isFortran
                        ? new(bytes, format, TensorContents.Of([only with { ByteOffset = 0 }]),
                            new() { [name] = FortranOrder.ToC(bytes, only, archiveBytesMax) })
                        : new(bytes, format, TensorContents.Of([only]));
                case FileFormat.Npz:
                    (TensorContents contents, Dictionary<string, ByteSource> members, List<string> unread) =
                        NpzReader.Read(path, archiveBytesMax, names);
                    return new(bytes, format, contents, members, unread);
                default:
                    return new(bytes, format, SafetensorsReader.Read(bytes));
            }
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of this name; an npy file has one, named like the file without its extension.</summary>
    /// <returns>Null when there is none, or when its type is no <see cref="ElementType"/>.</returns>
    public TensorEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The tensor of this name, which must be of a floating-point type.</summary>
    /// <exception cref="TensorFormatException">There is none, or its elements are of another type: says which names or type there
    /// are.</exception>
    public TensorEntry Require(string name)
    {
        TensorEntry? entry = Find(name);
        if (entry?.Type.IsFloatingPoint() == true)
            return entry;
        if (entry is not null && Format == FileFormat.Npy)
            throw NpyReader.NoFloats(_bytes);
        if (entry is not null)
            throw WrongType(entry.ByteOffset, Dtypes.Name(entry.Type));
        if (OtherEntries.FirstOrDefault(other => other.Name == name) is { } unusable)
            throw WrongType(unusable.ByteOffset, unusable.Dtype);

        const int namesMax = 20;
        string[] names = [.. Entries.Select(e => e.Name).Concat(OtherEntries.Select(e => e.Name)).Concat(UnreadNames).Take(namesMax)];
        string found = names.Length == 0 ? "no tensors" : $"the tensors {string.Join(", ", names)}";
        throw new TensorFormatException(Path, 0, found, $"one named '{name}'");

        TensorFormatException WrongType(long at, string dtype) =>
            new(Path, at, $"tensor '{name}' of type {dtype}", Dtypes.WantedFloats);
    }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="byteOffset"/> within a tensor's data.</summary>
    /// <exception cref="TensorFormatException">The file has become shorter since it was opened.</exception>
    public void Read(TensorEntry entry, long byteOffset, Span<byte> destination) =>
        Read(entry.Name, entry.ByteOffset, entry.ByteLength, byteOffset, destination);

    /// <inheritdoc cref="Read(TensorEntry, long, Span{byte})"/>
    public void Read(OtherTensorEntry entry, long byteOffset, Span<byte> destination) =>
        Read(entry.Name, entry.ByteOffset, entry.ByteLength, byteOffset, destination);

    /// <summary>The data of a tensor, readable until this file is disposed.</summary>
    internal TensorBytes Bytes(TensorEntry entry) => new(BytesOf(entry.Name), entry.ByteOffset, entry.ByteLength);

    /// <summary>Whether the file has become shorter since it was opened: then it is damaged, whatever is read from it.</summary>
    /// <exception cref="IOException">That can't be told.</exception>
    public bool IsShortened => _bytes.IsShortened;

    /// <inheritdoc/>
    public void Dispose()
    {
        _bytes.Dispose();
        foreach (ByteSource member in _members.Values)
            member.Dispose();
    }

    private static FileFormat Recognise(FileBytes bytes)
    {
        if (bytes.Length == 0)
            throw new TensorFormatException(bytes.Path, 0, "an empty file", "an npy, npz or safetensors file");
        Span<byte> start = stackalloc byte[8];
        start = start[..(int)Math.Min(start.Length, bytes.Length)];
        bytes.Read(0, start);
        if (start.StartsWith(NpyReader.Magic))
            return FileFormat.Npy;

        // A zip archive starts with a member, or with its end when it is empty.
        return start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8) ? FileFormat.Npz : FileFormat.Safetensors;
    }

    private void Read(string name, long dataAt, long dataLength, long byteOffset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, dataLength - byteOffset, nameof(destination));
        BytesOf(name).Read(dataAt + byteOffset, destination);
    }

    private ByteSource BytesOf(string name) => _members.GetValueOrDefault(name, _bytes);
}
