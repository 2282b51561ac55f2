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
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            // A move is seen as a whole or not at all; of two that come first, one wins.
            string whole = $"{path}.{Path.GetRandomFileName()}";
            File.WriteAllText(whole, Guid.NewGuid().ToString("N")[..12]);
            try
            {
                File.Move(whole, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(whole);
            }
        }

        string name = File.ReadAllText(path).Trim();
        return name.Length is > 0 and <= 64 && name.All(char.IsAsciiLetterOrDigit)
            ? name
            : throw new IOException($"{path} holds no name of a store; wanted are letters and digits, or no file: a new one is made then");
    }
}
