namespace AttentionCluster.EndToEnd.Tests.Running;

/// <summary>A folder that a test works in.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("attn-test-");

    public TemporaryFolder() => Scratch = _root.CreateSubdirectory("tmp").FullName;

    /// <summary>Where inputs and outputs go.</summary>
    public string Path => _root.FullName;

    /// <summary>The temporary directory of the processes that run here.</summary>
    public string Scratch { get; }

    /// <summary>The full path of a file here.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file.</summary>
    public void Write(string name, byte[] content) => System.IO.File.WriteAllBytes(File(name), content);

    /// <summary>Everything that a job could have left behind: names that start with a dot, and what is in the scratch folder.</summary>
    public IEnumerable<string> Leftovers() =>
        Directory.EnumerateFileSystemEntries(Path, ".*").Concat(
            Directory.EnumerateFileSystemEntries(Scratch).Where(entry => !IsOfTheRuntime(entry)));

    public void Dispose() => _root.Delete(recursive: true);

    /// <summary>The .NET runtime's own sockets for debuggers, in the temporary directory while a process lives.</summary>
    private static bool IsOfTheRuntime(string entry) =>
        System.IO.Path.GetFileName(entry) is var name
        && (name.StartsWith("dotnet-diagnostic-", StringComparison.Ordinal)
            || name.StartsWith("clr-debug-pipe-", StringComparison.Ordinal));
}
