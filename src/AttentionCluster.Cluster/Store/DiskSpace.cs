namespace AttentionCluster.Cluster.Store;

/// <summary>What a disk has left.</summary>
public static class DiskSpace
{
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
