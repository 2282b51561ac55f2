using System.Net;
using System.Net.Sockets;

namespace AttentionCluster.Server.Http.Connections;

/// <summary>What counts as one client where limits go by address.</summary>
internal static class ClientAddress
{
    /// <summary>One customer of a network has at least that much of an IPv6 address (RFC 6177), and can have any address in it.</summary>
    private const int PrefixBytes = 8;

    /// <summary>An IPv4 address, or the first 64 bits of an IPv6 address.</summary>
    internal static IPAddress Of(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
            return address;
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return new IPAddress(bytes);
    }
}
