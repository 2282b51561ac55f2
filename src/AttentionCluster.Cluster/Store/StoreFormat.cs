using System.Globalization;
using System.Text;
using System.Text.Json;
using AttentionCluster.Cluster.Versions;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// What version a data directory is of: <c>store.json</c> in it. A build opens what older ones have written, and leaves alone what a newer
/// one has: to read it wrong would be to lose jobs.
/// </summary>
internal static class StoreFormat
{
    /// <summary>What this build writes, and the newest that it reads. Version 0, of the release 0.1.0, has no file that says so.</summary>
    public const int Current = 2;

    private const string FileName = "store.json";
    private const string Format = "format";
    private const string WrittenBy = "written_by";

    /// <summary>Whether this build may use a data directory; changes nothing.</summary>
    /// <returns>Why not; null when it may, or when there is no such folder yet.</returns>
    public static string? WhyNot(string directory)
    {
        try
        {
            (int format, string writer) = Read(directory);
            return format <= Current
                ? null
                : $"the data directory {Path.GetFullPath(directory)} has been written by version {writer} (store format {format}), and "
                    + $"this is version {ProductVersion.Current}, which reads formats up to {Current}: start version {writer} or a later "
                    + "one on it, or give this one another directory (--data); nothing in it was changed";
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return $"{Path.Combine(Path.GetFullPath(directory), FileName)} does not say which version has written the data directory "
                + $"({problem.Message}); nothing in it was changed. If that was version {ProductVersion.Current} or an older one, remove "
                + "the file, and start again";
        }
    }

    /// <summary>Begins to use a data directory, which is made when absent.</summary>
    /// <exception cref="IOException">A newer build has written it, or it can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public static void Open(string directory)
    {
        if (WhyNot(directory) is { } reason)
            throw new IOException(reason);
        DataDirectory.Make(directory);
        string path = Path.Combine(directory, FileName);

        // Gateways that share the directory may do this at once, and write the same.
        if (!File.Exists(path) || Read(directory).Format != Current)
            DurableFile.Replace(path, Encoding.UTF8.GetBytes(Text));
    }

    private static string Text =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"{{Format}}":{{Current}},"{{WrittenBy}}":"{{ProductVersion.Current}}"}""");

    private static (int Format, string Writer) Read(string directory)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(DurableFile.Read(Path.Combine(directory, FileName)));
            return (document.RootElement.GetProperty(Format).GetInt32(), document.RootElement.GetProperty(WrittenBy).GetString() ?? "");
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return (0, "0.1.0");
        }
    }
}
