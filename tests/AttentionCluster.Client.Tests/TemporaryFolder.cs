namespace AttentionCluster.Client.Tests;

/// <summary>A folder that a test works in.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("attn-client-test-");

    /// <summary>Its full path.</summary>
    public string Path => _root.FullName;

    /// <summary>The full path of a file here.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _root.Delete(recursive: true);
}
