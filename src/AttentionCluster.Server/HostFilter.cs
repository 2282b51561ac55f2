using System.Net;
using System.Net.Sockets;

namespace AttentionCluster.Server;

/// <summary>
/// By which hosts requests may call this node. A page in a browser can have its own name resolved to any address (DNS rebinding), and then
/// counts as one of this node's; what it can't do is send another name than its own. An IP address can't be rebound, and a node with a
/// token is safe because no page knows that.
/// </summary>
internal sealed class HostFilter
{
    private const string Localhost = "localhost";
    private const string Any = "*";

    /// <summary>Before the name of which all subdomains are meant.</summary>
    private const string Subdomains = "*.";

    private readonly bool _isAnyName;
    private readonly bool _isAnyAddress;
    private readonly HashSet<IPAddress> _addresses = [];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _suffixes = [];

    internal HostFilter(HttpOptions options)
    {
        foreach (string host in options.AllowedHosts.Where(host => host != Any))
            Add(host);
        IPAddress[] listened = [.. options.Urls.Select(url => ListenAddress.Read(url)!.EndPoint.Address)];
        _addresses.UnionWith(listened);
        bool isOpen = options.AllowedHosts.Count == 0 && listened.Any(address => !IPAddress.IsLoopback(address));
        _isAnyAddress = isOpen;
        _isAnyName = options.AllowedHosts.Contains(Any) || (isOpen && options.Token is not null);
    }

    /// <summary>Whether a text can be in the list of hosts: a name, an IP address, <c>*.</c> before a name, or <c>*</c>.</summary>
    internal static bool IsHost(string text) =>
        text == Any
        || AddressOf(text) is not null
        || Uri.CheckHostName(text.StartsWith(Subdomains, StringComparison.Ordinal) ? text[Subdomains.Length..]
            : text) == UriHostNameType.Dns;

    /// <summary>Whether requests may have this host.</summary>
    /// <param name="host">Without a port; an IPv6 address in brackets.</param>
    internal bool Allows(string host)
    {
        if (_isAnyName)
            return true;
        if (AddressOf(host) is { } address)
            return IPAddress.IsLoopback(address) || _isAnyAddress || _addresses.Contains(address);
        return WithoutRoot(host).Equals(Localhost, StringComparison.OrdinalIgnoreCase) || IsListed(host);
    }

    /// <summary>Whether a host was named by who set the node up.</summary>
    internal bool IsListed(string host) => AddressOf(host) is { } address
        ? _addresses.Contains(address)
        : _names.Contains(WithoutRoot(host))
            || _suffixes.Exists(suffix => WithoutRoot(host).EndsWith(suffix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether two texts are the same host.</summary>
    internal static bool IsSame(string left, string right) => AddressOf(left) is { } address
        ? address.Equals(AddressOf(right))
        : WithoutRoot(left).Equals(WithoutRoot(right), StringComparison.OrdinalIgnoreCase);

    private void Add(string host)
    {
        if (AddressOf(host) is { } address)
            _addresses.Add(address);
        else if (host.StartsWith(Subdomains, StringComparison.Ordinal))
            _suffixes.Add(WithoutRoot(host[1..]));
        else
            _names.Add(WithoutRoot(host));
    }

    /// <summary>
    /// An address in its usual form. Browsers write no other, and 2130706433 or 0177.1 in its stead could be a name to someone.
    /// </summary>
    private static IPAddress? AddressOf(string host)
    {
        string text = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        if (!IPAddress.TryParse(text, out IPAddress? address))
            return null;
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return address.ToString() == text ? address : null;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>A name may end with the dot of the DNS root.</summary>
    private static string WithoutRoot(string name) => name.EndsWith('.') ? name[..^1] : name;
}
