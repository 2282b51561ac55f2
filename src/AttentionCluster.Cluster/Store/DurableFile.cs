using System.Runtime.InteropServices;

namespace AttentionCluster.Cluster.Store;

/// <summary>Small files that are there whole or not at all, whatever happens, and stay there.</summary>
internal static partial class DurableFile
{
    private const string UnfinishedEnding = ".new";

    /// <summary>Writes a file, or puts it in the place of the one that is there; returns when it is on the disk under its name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">All of it.</param>
    /// <param name="flushesName">Whether the name must last as well: not where the file that was there before will do.</param>
    /// <exception cref="IOException">The disk fails, or is full; then the file is as it was before.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> bytes, bool flushesName)
    {
        string unfinished = path + UnfinishedEnding;
        using (FileStream file = new(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
        if (flushesName)
            FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Returns when the names in a folder are on the disk. Windows does that by itself.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal static void FlushFolder(string folder)
    {
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

    private static IOException Failure(string folder) =>
        new($"the folder {folder} can't be flushed to the disk: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    /// <summary>.NET opens no folders.</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
