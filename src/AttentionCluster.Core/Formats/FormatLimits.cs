namespace AttentionCluster.Core.Formats;

/// <summary>What a tensor file may ask of its reader, so that a hostile or broken one costs little.</summary>
internal static class FormatLimits
{
    /// <summary>Bytes of a safetensors header; the format's own bound.</summary>
    public const int SafetensorsHeaderBytesMax = 100_000_000;

    /// <summary>Bytes of an npy header: what version 1 can say. Only structured types, refused here, need more.</summary>
    public const int NpyHeaderBytesMax = 65_535;

    /// <summary>Tensors in one file: several times what the largest published models hold.</summary>
    public const int TensorCountMax = 100_000;

    /// <summary>Axes of one tensor: the most that NumPy allows.</summary>
    public const int RankMax = 64;

    /// <summary>Characters of a tensor's name, so that a message that names it stays readable.</summary>
    public const int NameLengthMax = 1_000;

    /// <summary>
    /// Bytes that all members of an npz archive, or an npy file in Fortran order, may take in memory, unless the caller says otherwise.
    /// </summary>
    public const long ArchiveBytesMax = 4L << 30;
}
