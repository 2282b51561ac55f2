using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace AttentionCluster.Chaos.Network;

/// <summary>
/// Finds the process at the other end of a connection on loopback, through <c>/proc</c> of Linux: all nodes have the same address as
/// callers, and a node is cut off only when what it sends is stopped as well.
/// </summary>
internal static partial class SocketOwner
{
    /// <summary>
    /// The column of <c>/proc/net/tcp</c> that has a socket's inode: number, local address, remote address, state, ..., inode.
    /// </summary>
    private const int InodeColumn = 9;

    /// <summary>Before an address of IPv4 in the table of IPv6, whose addresses are words of 32 bits in the machine's order.</summary>
    private const string Mapped = "0000000000000000FFFF0000";

    /// <summary>More than <c>socket:[</c>, an inode and <c>]</c>.</summary>
    private const int LinkMax = 64;

    /// <summary>The process among some that has a connection open.</summary>
    /// <param name="local">Its end of the connection.</param>
    /// <param name="remote">Our end.</param>
    /// <param name="processes">Numbers of the processes that it may be.</param>
    /// <returns>Null when it is none of them.</returns>
    public static int? Find(IPEndPoint local, IPEndPoint remote, IEnumerable<int> processes)
    {
        string? inode = InodeIn("/proc/net/tcp", Written(local, ""), Written(remote, ""))
            ?? InodeIn("/proc/net/tcp6", Written(local, Mapped), Written(remote, Mapped));
        if (inode is null)
            return null;
        string link = $"socket:[{inode}]";
        return processes.Cast<int?>().FirstOrDefault(process => HasOpen(process!.Value, link));
    }

    /// <summary>A table has a line for each socket of the machine, so it is searched as it is, and only one line is taken apart.</summary>
    private static string? InodeIn(string path, string local, string remote)
    {
        string table = File.ReadAllText(path);
        int at = table.IndexOf($" {local} {remote} ", StringComparison.Ordinal);
        if (at < 0)
            return null;
        int start = table.LastIndexOf('\n', at) + 1;
        return table[start..table.IndexOf('\n', at)].Split(' ', StringSplitOptions.RemoveEmptyEntries)[InodeColumn];
    }

    /// <summary>An address as a table has it: little-endian, hexadecimal.</summary>
    private static string Written(IPEndPoint point, string prefix)
    {
        string address = Convert.ToHexString([.. point.Address.MapToIPv4().GetAddressBytes().Reverse()]);
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}{address}:{point.Port:X4}");
    }

    private static bool HasOpen(int process, string link)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(file => IsLinkTo(file, link));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just ended, or is somebody else's.
            return false;
        }
    }

    /// <summary>One call of the system, where .NET makes three: a process has hundreds of files open.</summary>
    private static bool IsLinkTo(string file, string link)
    {
        Span<byte> target = stackalloc byte[LinkMax];
        nint length = ReadLink(file, target, LinkMax);
        return length == link.Length && Encoding.ASCII.GetString(target[..(int)length]) == link;
    }

    [LibraryImport("libc", EntryPoint = "readlink", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadLink(string path, Span<byte> target, nint length);
}
