namespace AttentionCluster.Cluster.Store;

/// <summary>
/// A file that one process has locked: <c>jobs/OWNER.lock</c>. The operating system lets go of it when the process ends, however it ends, so a
/// lock that can be taken is that of a process that is no more; a process that is only stopped keeps it.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private const string Ending = ".lock";

    private readonly FileStream _file;

    private OwnerLock(FileStream file) => _file = file;

    /// <summary>Takes a lock that nobody has had.</summary>
    /// <returns>The lock and its owner's name.</returns>
    /// <exception cref="IOException">The folder can't be written.</exception>
    internal static (OwnerLock Lock, string Owner) Create(string directory)
    {
        while (true)
        {
            string owner = Guid.NewGuid().ToString("N")[..8];
            string path = PathOf(directory, owner);
            try
            {
                return (new OwnerLock(Open(path, FileMode.CreateNew)), owner);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Between its making and its locking another process has found it, and taken it for one of the dead.
            }
        }
    }

    /// <summary>Takes the lock of another process.</summary>
    /// <returns>Null while that lives, or when it can't be known.</returns>
    internal static OwnerLock? TryTake(string directory, string owner)
    {
        try
        {
            return new OwnerLock(Open(PathOf(directory, owner), FileMode.OpenOrCreate));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
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

    private static FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.None, 1);
}
