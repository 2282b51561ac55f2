using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace AttentionCluster.Chaos.Fleets;

/// <summary>
/// Where gateways have their data directory: a small file system in memory, which can be filled to its last byte without harm to anybody else. Where none may be
/// mounted (that takes root, or CAP_SYS_ADMIN) it is a plain folder, and is never filled.
/// </summary>
internal sealed partial class GatewayDisk : IDisposable
{
    /// <summary>Detaches the file system at once, whoever still has a file of it open.</summary>
    private const int Detach = 2;

    private const int ChunkBytes = 1 << 20;

    /// <summary>Not taken at once: more than what is free would be refused.</summary>
    private const long LeftForRaces = 32L << 20;

    /// <summary>A free byte is found by ever smaller pieces; no file takes less than a page.</summary>
    private const int LeastBytes = 4096;

    private readonly string _folder;
    private readonly string _ballast;

    private GatewayDisk(string folder, string? whyNot)
    {
        (_folder, WhyNotFilled) = (folder, whyNot);
        _ballast = Path.Combine(folder, "ballast");
        Data = Path.Combine(folder, "data");
    }

    /// <summary>The gateways' data directory.</summary>
    public string Data { get; }

    /// <summary>Why it can't be filled; null when it can.</summary>
    public string? WhyNotFilled { get; }

    /// <summary>Whether it is full now.</summary>
    public bool IsFull { get; private set; }

    /// <summary>A plain folder.</summary>
    public static GatewayDisk Plain(string folder)
    {
        Directory.CreateDirectory(folder);
        return new GatewayDisk(folder, "the data directory is a plain folder here");
    }

    /// <summary>A file system of its own, where one may be mounted.</summary>
    public static GatewayDisk Small(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        bool isMounted = Mount("attn-chaos", folder, "tmpfs", 0, string.Create(CultureInfo.InvariantCulture, $"size={bytes}")) == 0;
        return new GatewayDisk(folder, isMounted ? null : $"no small file system may be mounted here ({new Win32Exception(Marshal.GetLastPInvokeError()).Message})");
    }

    /// <summary>Takes all that is free.</summary>
    public void Fill()
    {
        IsFull = true;
        long atOnce = Math.Max(0, new DriveInfo(_folder).AvailableFreeSpace - LeftForRaces);
        FileStream? taken;
        while ((taken = TryTake(atOnce)) is null)
            atOnce /= 2;

        // The rest by and by, because others take and give at the same time.
        using FileStream ballast = taken;
        ballast.Position = atOnce;
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

    /// <returns>Null when others have taken so much meanwhile that there is not enough left.</returns>
    private FileStream? TryTake(long bytes)
    {
        try
        {
            return new FileStream(
                _ballast, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0, PreallocationSize = bytes });
        }
        catch (IOException) when (bytes > 0)
        {
            return null;
        }
    }

    /// <summary>Gives it back.</summary>
    public void Free()
    {
        File.Delete(_ballast);
        IsFull = false;
    }

    public void Dispose()
    {
        if (WhyNotFilled is null)
            _ = Unmount(_folder, Detach);
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string kind, nuint flags, string options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
