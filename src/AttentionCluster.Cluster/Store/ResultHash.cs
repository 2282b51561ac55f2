namespace AttentionCluster.Cluster.Store;

/// <summary>What a result file was when all of it was read: looking at it again costs little while nobody changes it.</summary>
/// <param name="Sha256">In lower-case hexadecimal.</param>
/// <param name="Bytes">Of the file.</param>
/// <param name="Written">When it was last written to.</param>
internal sealed record ResultHash(string Sha256, long Bytes, DateTime Written)
{
    /// <summary>
    /// Reads all of a file. What is written meanwhile makes the hash one of an older file, because the time is asked for first.
    /// </summary>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ResultHash Of(FileStream file, CancellationToken cancellationToken)
    {
        (long bytes, DateTime written) = (file.Length, File.GetLastWriteTimeUtc(file.SafeFileHandle));
        return new ResultHash(FileDigest.Sha256(file.SafeFileHandle, cancellationToken), bytes, written);
    }

    /// <summary>Whether a file seems to be the one that was read.</summary>
    public bool IsOf(FileStream file) => file.Length == Bytes && File.GetLastWriteTimeUtc(file.SafeFileHandle) == Written;
}
