namespace AttentionCluster.Core.Formats;

/// <summary>A tensor file that cannot be read: which byte, what was there, what was wanted.</summary>
public sealed class TensorFormatException : IOException
{
    /// <summary>Says <c>PATH: at byte N: found X; wanted Y</c>.</summary>
    public TensorFormatException(string path, long byteOffset, string found, string wanted, Exception? cause = null)
        : base($"{path}: at byte {byteOffset}: found {found}; wanted {wanted}", cause)
    {
        Path = path;
        ByteOffset = byteOffset;
    }

    /// <summary>The file; for a member of an npz archive <c>ARCHIVE/MEMBER</c>.</summary>
    public string Path { get; }

    /// <summary>Where in <see cref="Path"/> the trouble starts.</summary>
    public long ByteOffset { get; }
}
