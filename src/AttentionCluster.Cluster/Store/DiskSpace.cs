namespace AttentionCluster.Cluster.Store;

/// <summary>What a disk has left.</summary>
internal static class DiskSpace
{
    /// <summary>What a system says that has no room: ENOSPC, EDQUOT of Linux and of BSD, and the two errors of Windows.</summary>
    private static readonly HashSet<int> s_fullErrors = [28, 122, 69, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    /// <summary>Whether something failed because a disk is full, or its user's part of it.</summary>
    public static bool IsFull(Exception problem) => problem is IOException && s_fullErrors.Contains(problem.HResult);

    /// <exception cref="IOException">The disk has less room than a file takes; it has the number of the system's own error.</exception>
    internal static void Require(string path, long length)
    {
        if (FreeBytes(Path.GetDirectoryName(Path.GetFullPath(path))!) is { } free && free < length)
            throw new IOException($"'{path}' needs {length} bytes, and its disk has {free} left", OperatingSystem.IsWindows()
                ? unchecked((int)0x80070070) : 28);
    }

    /// <summary>Free bytes on the disk that holds <paramref name="directory"/>; null when the system does not say.</summary>
    public static long? FreeBytes(string directory)
    {
        try
        {
            // On Unix any folder stands for its disk; on Windows the drive's root does.
            string full = Path.GetFullPath(directory);
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(full)! : full).AvailableFreeSpace;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
