using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Membership;

/// <summary>
/// The nodes of the cluster that a data directory's gateways were last in: <c>cluster-nodes</c>. A gateway that is started anew looks for
/// its workers there before it forms another cluster, which they would not find. Of which cluster who is there by now is, it asks
/// (<see cref="Identity.ClusterContacts"/>).
/// </summary>
/// <param name="directory">The data directory.</param>
internal sealed class RememberedNodes(string directory)
{
    /// <summary>So many are enough to find one that lives.</summary>
    private const int NodesMax = 16;

    private readonly string _path = Path.Combine(directory, "cluster-nodes");

    /// <summary>Cluster addresses, as <c>host:port</c>; none when nothing can be read.</summary>
    internal IReadOnlyList<string> Read()
    {
        try
        {
            return [.. DurableFile.ReadText(_path).Split('\n').Where(NodeOptions.IsAddress).Take(NodesMax)];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Writes them down, if that can be done: it is a help, and no more.</summary>
    internal void Write(IEnumerable<string> addresses)
    {
        try
        {
            DurableFile.Replace(_path, System.Text.Encoding.ASCII.GetBytes(string.Join('\n', addresses.Take(NodesMax))));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
        }
    }
}
