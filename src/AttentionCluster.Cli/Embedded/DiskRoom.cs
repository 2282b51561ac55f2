using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;

namespace AttentionCluster.Cli.Embedded;

/// <summary>Whether a folder takes what a job will write, asked before the job.</summary>
internal static class DiskRoom
{
    /// <summary>What a file system needs beside the tensors: their headers, the journal, its own blocks.</summary>
    private const long MarginBytes = 1 << 20;

    /// <summary>Refuses when <paramref name="bytesNeeded"/> do not fit.</summary>
    /// <param name="directory">An existing folder.</param>
    /// <param name="bytesNeeded">What will be written.</param>
    /// <param name="what">What it is, for the message.</param>
    public static Refusal? Check(string directory, long bytesNeeded, string what) =>
        DiskSpace.FreeBytes(directory) is { } available && available < bytesNeeded + MarginBytes
            ? new Refusal(
                ErrorCode.OutputNotWritable,
                $"{what}: {ByteSize.Text(bytesNeeded)} needed, {ByteSize.Text(available)} available in {directory}; free some space or "
                    + "write elsewhere")
            : null;

    /// <summary>Makes and deletes a file in <paramref name="directory"/>.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? WriteProblem(string directory)
    {
        if (!Directory.Exists(directory))
            return $"the folder {directory} does not exist; make it first";
        string probe = Path.Combine(directory, $".attn-probe-{Path.GetRandomFileName()}");
        try
        {
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
                return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return $"the folder {directory} is not writable ({problem.Message}); choose another or change its permissions";
        }
    }
}
