using System.Globalization;
using Akka.Actor;

namespace AttentionCluster.Cluster.Identity;

/// <summary>A cluster address as options, reports and tables write it: <c>host:port</c>.</summary>
internal static class NodeAddress
{
    internal static string HostAndPort(Address address) =>
        string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}");

    /// <summary>The reverse.</summary>
    /// <param name="text">A valid <c>host:port</c>.</param>
    /// <param name="protocol">How the nodes of this cluster talk.</param>
    /// <param name="system">The name of their actor systems.</param>
    internal static Address Parse(string text, string protocol, string system)
    {
        int colon = text.LastIndexOf(':');
        return new Address(protocol, system, text[..colon], int.Parse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }
}
