namespace AttentionCluster.Cluster.Store;

/// <summary>
/// A file that one process has locked: <c>jobs/OWNER.lock</c>. The operating system lets go of it when the process ends, however it ends,
/// so a lock that can be taken is that of a process that is no more; a process that is only stopped keeps it.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private const string Ending = ".lock";

    private readonly FileStream _file;

    private OwnerLock(FileStream file) => _file = file;

    /// <summary>Takes a lock that nobody has had.</summary>
    /// <param name="directory">Where the locks are.</param>
    /// <param name="open">See <see cref="LockFile.TryTake"/>.</param>
    /// <returns>The lock and its owner's name.</returns>
    /// <exception cref="IOException">The folder can't be written.</exception>
    internal static (OwnerLock Lock, string Owner) Create(string directory, Func<string, FileMode, FileStream>? open = null)
    {
        while (true)
        {
            string owner = Guid.NewGuid().ToString("N")[..8];

            // Between its making and its locking another process may have found it, and taken it for one of the dead.
            if (LockFile.TryTake(PathOf(directory, owner), FileMode.CreateNew, open) is { } file)
                return (new OwnerLock(file), owner);
        }
    }

    /// <summary>Takes the lock of another process.</summary>
    /// <param name="directory">Where the locks are.</param>
    /// <param name="owner">That process's name.</param>
    /// <param name="open">See <see cref="LockFile.TryTake"/>.</param>
    /// <returns>Null while that lives, when a third has taken over its jobs just now, or when the lock is another user's.</returns>
    /// <exception cref="IOException">It can't be known now.</exception>
    internal static OwnerLock? TryTake(string directory, string owner, Func<string, FileMode, FileStream>? open = null)
    {
        try
        {
            return LockFile.TryTake(PathOf(directory, owner), FileMode.OpenOrCreate, open) is { } file ? new OwnerLock(file) : null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Those that have a lock, alive or not.</summary>
    internal static IEnumerable<string> Owners(string directory) =>
        Directory.GetFiles(directory, "*" + Ending).Select(path => Path.GetFileNameWithoutExtension(path));

    /// <summary>Removes the file, which leaves it locked: nobody can take what has no name.</summary>
    internal void Delete() => File.Delete(_file.Name);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static string PathOf(string directory, string owner) => Path.Combine(directory, owner + Ending);
}
