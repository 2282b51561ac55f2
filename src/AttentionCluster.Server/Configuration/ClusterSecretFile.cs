using System.Text;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Server.Configuration;

/// <summary>
/// Where a cluster's secret is when nobody has named a place: in the data directory, so that nodes of one machine that share it need
/// no configuration.
/// </summary>
internal sealed class ClusterSecretFile(string dataDirectory)
{
    /// <summary>Its path.</summary>
    internal string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetFullPath(dataDirectory), "cluster-secret");

    internal bool Exists => File.Exists(Path);

    /// <summary>Writes it, for this user alone, unless another process has done so meanwhile; returns when it is on the disk.</summary>
    /// <returns>What it holds now.</returns>
    /// <exception cref="IOException">The folder can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    internal string Write(string secret) =>
        DurableFile.Create(Path, Encoding.UTF8.GetBytes(secret + Environment.NewLine)) ? secret : DurableFile.ReadText(Path).Trim();
}
