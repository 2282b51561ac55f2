namespace AttentionCluster.Cluster.Store;

/// <summary>A file that one process has locked. The operating system lets go of it when the process ends, however it ends.</summary>
internal static class LockFile
{
    /// <summary>A process that is stopped while it has a lock must not stop the others for ever.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Windows lets nobody rename or remove an open file without leave; elsewhere it is nothing but the lock.</summary>
    private static readonly FileShare s_share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    private static readonly TimeSpan s_betweenTries = TimeSpan.FromMilliseconds(2);

    /// <summary>What .NET says when another has the lock: EWOULDBLOCK of Linux and of BSD, and the sharing violation of Windows.</summary>
    private static readonly HashSet<int> s_heldErrors = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Whether something failed because another process has a lock.</summary>
    internal static bool IsHeld(Exception problem) => problem is IOException && s_heldErrors.Contains(problem.HResult);

    /// <summary>
    /// Opens and locks a file. Between the two another process may have locked it, removed it, and let go of it: a lock on a file that has
    /// lost its name locks nothing, because whoever comes next makes a new file of that name. So the name is looked at again under the
    /// lock.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">Whether it may, or must, be there.</param>
    /// <param name="open">What opens and locks it; only tests have another.</param>
    /// <returns>Null when another process has the lock, or the file has been removed meanwhile.</returns>
    /// <exception cref="IOException">Everything else: the folder can't be written, the disk is full, descriptors are used up.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    internal static FileStream? TryTake(string path, FileMode mode, Func<string, FileMode, FileStream>? open = null)
    {
        FileStream file;
        try
        {
            file = (open ?? Open)(path, mode);
        }
        catch (IOException problem) when (IsHeld(problem))
        {
            return null;
        }

        if (HasItsName(file))
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>Waits for another process that has the lock, and for nothing else: a full disk is no business of that.</summary>
    /// <param name="path">The file; made when it is not there.</param>
    /// <param name="clock">For how long to wait, which is 5 s.</param>
    /// <exception cref="IOException">As for <see cref="TryTake"/>, or the other does not let go of it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    internal static FileStream Take(string path, TimeProvider clock) => WhenFree(path, clock, () => TryTake(path, FileMode.OpenOrCreate));

    /// <summary>Opens a file to read it, once no other process has its lock.</summary>
    /// <param name="path">The file.</param>
    /// <param name="clock">As for <see cref="Take"/>.</param>
    /// <exception cref="IOException">There is no such file, the disk fails, or the other does not let go of it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    internal static FileStream OpenToRead(string path, TimeProvider clock) => WhenFree(path, clock, () =>
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException problem) when (IsHeld(problem))
        {
            return null;
        }
    });

    private static FileStream WhenFree(string path, TimeProvider clock, Func<FileStream?> attempt)
    {
        long begin = clock.GetTimestamp();
        while (clock.GetElapsedTime(begin) < s_patience)
        {
            if (attempt() is { } file)
                return file;

            // The callers are synchronous. The thread pool starts another thread for one that waits for a task, but not for one that
            // sleeps.
            Task.Delay(s_betweenTries, clock).Wait();
        }

        throw new IOException($"another process has held {path} for {s_patience.TotalSeconds} s", s_heldErrors.First());
    }

    internal static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = s_share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    /// <summary>
    /// Linux says what has become of the name of an open file. On Windows opening is locking, so that there is no moment between them;
    /// elsewhere it is not known.
    /// </summary>
    private static bool HasItsName(FileStream file) =>
        !OperatingSystem.IsLinux()
        || new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget is not { } name
        || Path.GetFileName(name) == Path.GetFileName(file.Name);
}
