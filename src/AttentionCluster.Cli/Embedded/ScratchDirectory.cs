namespace AttentionCluster.Cli.Embedded;

/// <summary>A folder for one job of an embedded cluster; it is gone when the job is.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private ScratchDirectory(string directory, string jobId) => (Directory, JobId) = (directory, jobId);

    /// <summary>Its full path.</summary>
    public string Directory { get; }

    /// <summary>Where a result that comes from elsewhere goes.</summary>
    public string ResultPath => Path.Combine(Directory, "result.safetensors");

    /// <summary>The job that it was made for.</summary>
    public string JobId { get; }

    /// <summary>Makes the folder <c>.attn-ID</c> under <paramref name="parent"/>.</summary>
    public static ScratchDirectory Create(string parent)
    {
        string id = $"job-{Guid.NewGuid():N}"[..16];
        string directory = Path.Combine(Path.GetFullPath(parent), $".attn-{id}");

        // Inputs lie here: they are for this user alone, while the output that was asked for is for whom this user says.
        if (OperatingSystem.IsWindows())
            System.IO.Directory.CreateDirectory(directory);
        else
            System.IO.Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new ScratchDirectory(directory, id);
    }

    /// <inheritdoc/>
    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
