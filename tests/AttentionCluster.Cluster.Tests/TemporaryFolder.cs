namespace AttentionCluster.Cluster.Tests;

/// <summary>A folder that goes with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("attn-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
