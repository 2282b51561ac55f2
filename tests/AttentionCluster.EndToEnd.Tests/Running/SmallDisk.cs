using System.Globalization;
using System.Runtime.InteropServices;

namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>
/// A small file system in memory, which a test fills to its last byte without harm to anybody else. That takes leave to mount one.
/// </summary>
internal sealed partial class SmallDisk : IDisposable
{
    /// <summary>Detaches the file system at once, whoever still has a file of it open.</summary>
    private const int Detach = 2;

    private const int ChunkBytes = 1 << 20, LeastBytes = 4096;

    private SmallDisk(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <returns>Null where none may be mounted.</returns>
    public static SmallDisk? TryMount(string path, long bytes)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        Directory.CreateDirectory(path);
        return Mount("attn-test", path, "tmpfs", 0, string.Create(CultureInfo.InvariantCulture, $"size={bytes}")) == 0
            ? new SmallDisk(path) : null;
    }

    /// <summary>Takes all that is free, by ever smaller pieces.</summary>
    public void Fill()
    {
        using FileStream ballast =
            new(Ballast, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, BufferSize = 0 });
        byte[] zeros = new byte[ChunkBytes];
        for (int length = ChunkBytes; length >= LeastBytes;)
        {
            try
            {
                ballast.Write(zeros, 0, length);
            }
            catch (IOException)
            {
                length /= 2;
            }
        }
    }

    /// <summary>Gives it back.</summary>
    public void Free() => File.Delete(Ballast);

    public void Dispose() => _ = Unmount(Path, Detach);

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string kind, nuint flags, string options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
