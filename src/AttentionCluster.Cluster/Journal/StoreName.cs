using System.Text;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Journal;

/// <summary>What a data directory is called in the cluster: gateways that share it have the same name for it, and others have another.</summary>
internal static class StoreName
{
    private const string FileName = "store-name";

    /// <summary>Reads the name, or gives one.</summary>
    /// <exception cref="IOException">The folder can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    internal static string Of(string directory)
    {
        DataDirectory.Make(directory);
        string path = Path.Combine(Path.GetFullPath(directory), FileName);

        // Of two that come first, one wins.
        if (!File.Exists(path))
            DurableFile.Create(path, Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N")[..12]));
        string name = DurableFile.ReadText(path).Trim();
        return name.Length is > 0 and <= 64 && name.All(char.IsAsciiLetterOrDigit)
            ? name
            : throw new IOException($"{path} holds no name of a store; wanted are letters and digits, or no file: a new one is made then");
    }
}
