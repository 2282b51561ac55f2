using System.Globalization;
using System.Net;

namespace AttentionCluster.Chaos.Network;

/// <summary>
/// Finds the process at the other end of a connection on loopback, through <c>/proc</c> of Linux: all nodes have the same address as
/// callers, and a node is cut off only when what it sends is stopped as well.
/// </summary>
internal static class SocketOwner
{
    /// <summary>Where the state's columns of <c>/proc/net/tcp</c> begin: number, local address, remote address, state, ..., inode.</summary>
    private const int LocalColumn = 1, RemoteColumn = 2, InodeColumn = 9;

    /// <summary>The process among some that has a connection open.</summary>
    /// <param name="local">Its end of the connection.</param>
    /// <param name="remote">Our end.</param>
    /// <param name="processes">Numbers of the processes that it may be.</param>
    /// <returns>Null when it is none of them.</returns>
    public static int? Find(IPEndPoint local, IPEndPoint remote, IEnumerable<int> processes)
    {
        if (InodeOf(local, remote) is not { } inode)
            return null;
        string link = $"socket:[{inode}]";
        return processes.Cast<int?>().FirstOrDefault(process => HasOpen(process!.Value, link));
    }

    private static string? InodeOf(IPEndPoint local, IPEndPoint remote)
    {
        foreach (string table in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
        {
            foreach (string line in File.ReadLines(table).Skip(1))
            {
                string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (IsSame(columns[LocalColumn], local) && IsSame(columns[RemoteColumn], remote))
                    return columns[InodeColumn];
            }
        }

        return null;
    }

    /// <summary>An address in the table is little-endian hexadecimal; one of IPv4 in the table of IPv6 has it in its last eight digits.</summary>
    private static bool IsSame(string written, IPEndPoint point)
    {
        string[] parts = written.Split(':');
        string address = Convert.ToHexString([.. point.Address.MapToIPv4().GetAddressBytes().Reverse()]);
        return parts[0].EndsWith(address, StringComparison.Ordinal)
            && int.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) == point.Port;
    }

    private static bool HasOpen(int process, string link)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(file => File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name == link);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has just closed that file, or ended, or is somebody else's.
            return false;
        }
    }
}
