namespace AttentionCluster.Server.Configuration;

/// <summary>
/// Where a cluster's secret is when nobody has named a place: in the data directory, so that nodes of one machine that share it need
/// no configuration.
/// </summary>
internal sealed class ClusterSecretFile(string dataDirectory)
{
    /// <summary>Its path.</summary>
    internal string Path { get; } = System.IO.Path.Combine(dataDirectory, "cluster-secret");

    internal bool Exists => File.Exists(Path);

    /// <summary>Writes it, for this user alone, unless another process has done so meanwhile.</summary>
    /// <returns>What it holds now.</returns>
    /// <exception cref="IOException">The folder can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    internal string Write(string secret)
    {
        string whole = $"{Path}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new StreamWriter(whole, options))
            file.WriteLine(secret);
        try
        {
            // A move is seen as a whole or not at all.
            File.Move(whole, Path, overwrite: false);
            return secret;
        }
        catch (IOException) when (Exists)
        {
            File.Delete(whole);
            return File.ReadAllText(Path).Trim();
        }
    }
}
