using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// The rule for whatever must outlive the power of its machine: the bytes of a file are flushed, then it gets its name, then the folder
/// that has the name is flushed. So a file is there whole or not at all, and stays. A new folder is a name in its parent, which is flushed
/// for that. What is removed is not: whoever finds it again removes it again.
/// </summary>
/// <remarks>Files are for this user alone.</remarks>
internal static partial class DurableFile
{
    private const string UnfinishedEnding = ".new";

    /// <summary>
    /// Told of every step before it is taken, in the calls that follow in the same flow: <c>flush PATH</c> or <c>name PATH</c>. For tests
    /// of the order.
    /// </summary>
    internal static readonly AsyncLocal<Action<string>?> Observer = new();

    /// <summary>
    /// Writes a file unless there is one of that name: of several writers the first wins. Returns when what is there is on the disk under
    /// its name.
    /// </summary>
    /// <returns>Whether this is the file that was written here.</returns>
    /// <exception cref="IOException">The disk fails, or is full.</exception>
    public static bool Create(string path, ReadOnlySpan<byte> bytes)
    {
        bool isFirst = true;
        try
        {
            WriteAndName(path, bytes, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            isFirst = false;
        }

        FlushFolder(Path.GetDirectoryName(path)!);
        return isFirst;
    }

    /// <summary>Writes a file, or puts it in the place of the one that is there; returns when it is on the disk under its name.</summary>
    /// <exception cref="IOException">The disk fails, or is full; then the file is the old or the new one, and whole.</exception>
    internal static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        WriteAndName(path, bytes, overwrite: true);
        FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>
    /// Reads a file that is written in this way, maybe at this moment by another process: that still has the lock of the unfinished file
    /// for a moment after it has got its name, and .NET would be refused to read it then.
    /// </summary>
    /// <exception cref="IOException">The disk fails, or there is no such file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Read(string path)
    {
        using FileStream file = OpenToRead(path);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>As <see cref="Read"/>, as text in UTF-8.</summary>
    /// <inheritdoc cref="Read"/>
    public static string ReadText(string path)
    {
        using var reader = new StreamReader(OpenToRead(path));
        return reader.ReadToEnd();
    }

    /// <summary>Opens such a file, when its writer has let go of it.</summary>
    /// <inheritdoc cref="Read"/>
    public static FileStream OpenToRead(string path) => LockFile.OpenToRead(path, TimeProvider.System);

    /// <summary>
    /// Returns when the bytes of a file that is written in parts are on the disk. Its name is not: see <see cref="FlushFolder"/>.
    /// </summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal static void Flush(SafeFileHandle file, string path)
    {
        Tell("flush", path);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Returns when the names in a folder are on the disk. Windows does that by itself.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal static void FlushFolder(string folder)
    {
        Tell("flush", folder);
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(folder, 0);
        if (descriptor < 0)
            throw Failure(folder);
        try
        {
            if (Sync(descriptor) != 0)
                throw Failure(folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Removes what processes have left that ended while they wrote; what is being written stays.</summary>
    internal static void RemoveUnfinished(string folder)
    {
        foreach (string path in Directory.GetFiles(folder, "*" + UnfinishedEnding))
        {
            try
            {
                using FileStream? left = LockFile.TryTake(path, FileMode.Open);
                if (left is not null)
                    File.Delete(path);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // It is in nobody's way, or gone.
            }
        }
    }

    /// <summary>The unfinished file is locked until it has its name: several processes may write the same.</summary>
    private static void WriteAndName(string path, ReadOnlySpan<byte> bytes, bool overwrite)
    {
        string unfinished = path + UnfinishedEnding;
        using FileStream file = LockFile.Take(unfinished, TimeProvider.System);
        try
        {
            // A process may have died in the middle of it, and one of an older version may have made it.
            file.SetLength(0);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            file.Write(bytes);
            Flush(file.SafeFileHandle, path);
            Tell("name", path);
            File.Move(unfinished, path, overwrite);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private static void Tell(string step, string path) => Observer.Value?.Invoke($"{step} {path}");

    /// <summary>With the number of the error, which says whether it passes.</summary>
    private static IOException Failure(string folder)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"the folder {folder} can't be flushed to the disk: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    /// <summary>.NET opens no folders.</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
