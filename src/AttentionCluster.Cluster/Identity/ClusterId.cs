using System.Security.Cryptography;
using System.Text;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Identity;

/// <summary>
/// The cluster that this node belongs to: a random id that the node which forms a cluster gives it, and the others take over when they
/// join. It stays in the data directory, in <c>cluster-id</c>: so a node that is started anew does not join another cluster that has the
/// addresses by now. From any thread.
/// </summary>
internal sealed class ClusterId
{
    private const string FileName = "cluster-id";
    private const int RandomBytes = 8;

    private readonly Lock _lock = new();
    private string? _id;

    /// <summary>The id that a data directory has, if it has one.</summary>
    /// <exception cref="IOException">The file can't be read, or holds no id.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    internal ClusterId(string directory)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetFullPath(directory), FileName);
        _id = File.Exists(Path) ? Read(Path) : null;
    }

    /// <summary>Null while this node belongs to none.</summary>
    internal string? Value => Volatile.Read(ref _id);

    /// <summary>Where it is kept.</summary>
    internal string Path { get; }

    internal static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>From now on this node belongs to a cluster, unless it did before.</summary>
    /// <returns>Why that could not be written down; null when it was.</returns>
    internal string? Belong(string id)
    {
        lock (_lock)
        {
            if (_id is not null)
                return null;
            Volatile.Write(ref _id, id);
            try
            {
                // Nodes of one machine may share the directory: of those that join together, one writes it.
                return DurableFile.Create(Path, Encoding.ASCII.GetBytes(id)) || Read(Path) == id ? null
                    : "another node of this data directory has joined another cluster";
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                return problem.Message;
            }
        }
    }

    private static string Read(string path)
    {
        string id = DurableFile.ReadText(path).Trim();
        return id.Length == 2 * RandomBytes && id.All(char.IsAsciiHexDigitLower)
            ? id
            : throw new IOException($"{path} holds no id of a cluster: wanted are {2 * RandomBytes} hexadecimal digits, or no file (then "
                + "this node takes over that of the cluster that it joins)");
    }
}
