namespace AttentionCluster.Core.Tests.Formats;

/// <summary>A file in a directory of its own, gone with the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tensor-file-");

    public TemporaryFile(byte[] bytes, string name = "x.bin")
    {
        Path = System.IO.Path.Combine(_directory.FullName, name);
        File.WriteAllBytes(Path, bytes);
    }

    public string Path { get; }

    public void Dispose() => _directory.Delete(recursive: true);
}
