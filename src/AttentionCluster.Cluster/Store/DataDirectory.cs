using System.Runtime.InteropServices;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// The folder of a node, or of the gateways of one user that share it. Inputs, results and the secret are in it, and who can open a lock
/// can hold it: no other user of the machine may read anything there.
/// </summary>
internal static partial class DataDirectory
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>What names in the folder begin with; one with a name that is not among these is another's.</summary>
    private static readonly string[] s_names =
        ["jobs", "keys", "journal.db", "store.json", "store-name", "cluster-", ".probe-", "lost+found"];

    /// <summary>
    /// From now on whatever this process makes is for its user alone, whichever library makes it. For a process that writes into data
    /// directories, and nowhere else.
    /// </summary>
    public static void WriteForThisUserAlone()
    {
        if (!OperatingSystem.IsWindows())
            _ = SetMask((uint)Others);
    }

    /// <summary>Makes the folder, for this user alone, unless it is there.</summary>
    /// <exception cref="IOException">It can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Make(string directory)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (Directory.Exists(full))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(full);
        else
            Directory.CreateDirectory(full, OwnerAlone);
        try
        {
            DurableFile.FlushFolder(Path.GetDirectoryName(full)!);
        }
        catch (IOException)
        {
            // Who may make a folder somewhere need not be one who may read there.
        }
    }

    /// <summary>
    /// Takes from other users what an older version has let them read, and removes what was left unfinished. To be called before anything
    /// is locked there.
    /// </summary>
    /// <returns>What others can reach all the same, for the operator; null when that is nothing.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string? KeepPrivate(string directory)
    {
        DurableFile.RemoveUnfinished(directory);
        if (OperatingSystem.IsWindows())
            return null;
        var own = new DirectoryInfo(Path.GetFullPath(directory));
        FileSystemInfo[] entries = own.GetFileSystemInfos();
        string? stranger = entries.Select(entry => entry.Name).FirstOrDefault(name => !IsOurs(name));
        var kept = new List<string>();

        // Somebody's home, or /tmp, may be given as a data directory: it stays open to whom it was open.
        if (stranger is null)
            Close(own, kept);
        else if ((own.UnixFileMode & Others) != 0)
            kept.Add($"{own.FullName} (it is not for a node alone: {stranger} is in it)");
        foreach (FileSystemInfo entry in entries.Where(entry => IsOurs(entry.Name)))
            CloseAll(entry, kept);
        return kept.Count == 0
            ? null
            : $"other users of this machine have permissions in the data directory that can't be taken from them: "
                + $"{kept[0]}{(kept.Count > 1 ? $", and {kept.Count - 1} more" : "")}; give the node a folder of its own, which belongs to "
                + "its user";
    }

    private static bool IsOurs(string name) => Array.Exists(s_names, start => name.StartsWith(start, StringComparison.Ordinal));

    private static void CloseAll(FileSystemInfo entry, List<string> kept)
    {
        if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
            return;
        Close(entry, kept);
        try
        {
            foreach (FileSystemInfo child in entry is DirectoryInfo folder ? folder.GetFileSystemInfos() : [])
                CloseAll(child, kept);
        }
        catch (DirectoryNotFoundException)
        {
            // Another gateway has removed it.
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            kept.Add($"{entry.FullName} ({problem.Message})");
        }
    }

    private static void Close(FileSystemInfo entry, List<string> kept)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (entry.UnixFileMode & Others) != 0)
                entry.UnixFileMode &= ~Others;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            kept.Add($"{entry.FullName} ({problem.Message})");
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
