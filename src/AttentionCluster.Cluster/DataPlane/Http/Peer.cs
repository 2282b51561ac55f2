namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>Another node's data plane.</summary>
/// <param name="Name">The node's name; empty when only its address is known.</param>
/// <param name="Address">As <c>host:port</c>.</param>
internal readonly record struct Peer(string Name, string Address)
{
    /// <summary>The address of a resource there.</summary>
    /// <exception cref="DataPlaneException">The peer's address is none: it came in a message, and may lead nowhere else.</exception>
    internal Uri ToUri(string scheme, string target) =>
        Uri.TryCreate($"{scheme}://{Address}{target}", UriKind.Absolute, out Uri? uri)
        && FormattableString.Invariant($"{uri.Host}:{uri.Port}") == Address && uri.PathAndQuery == target
            ? uri
            : throw new DataPlaneException($"{this} can't be asked for {target}: wanted host:port and a plain path");

    public override string ToString() => Name.Length == 0 ? $"the node at {Address}" : $"node {Name} at \"{Address}\"";
}
