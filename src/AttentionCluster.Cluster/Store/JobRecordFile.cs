using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Store;

/// <summary>
/// The file of a <see cref="JobRecord"/>: <c>{"format": 3, "sha256": "..", "job": {..}}</c>, with the hash of the job's text as it is
/// written. A flipped digit of a scale would be good JSON, and another job.
/// </summary>
internal static class JobRecordFile
{
    internal const string Name = "job.json";

    /// <summary>The version of records that this build writes, and the newest that it reads; that of 0.1.0 names none.</summary>
    private const int FormatCurrent = 3;

    private const string Format = "format";
    private const string Hash = "sha256";
    private const string Job = "job";

    /// <inheritdoc cref="DurableFile.Replace"/>
    internal static void Write(string folder, JobRecord record)
    {
        string job = JsonSerializer.Serialize(record, JobRecordJson.Default.JobRecord);
        string text = $$"""{"{{Format}}":{{FormatCurrent}},"{{Hash}}":"{{HashOf(job)}}","{{Job}}":{{job}}}""";
        DurableFile.Replace(Path.Combine(folder, Name), Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Reads it back.</summary>
    /// <param name="folder">The job's.</param>
    /// <param name="damage">Why it can't be read; null when it can, or when there is none.</param>
    /// <returns>Null when there is none, or none that can be read.</returns>
    /// <exception cref="IOException">Whether it is damaged can't be known now; see <see cref="TransientFailure"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    internal static JobRecord? Read(string folder, out string? damage)
    {
        damage = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(DurableFile.Read(Path.Combine(folder, Name)));
            JsonElement job = document.RootElement.GetProperty(Job);
            if (document.RootElement.GetProperty(Hash).GetString() != HashOf(job.GetRawText()))
                damage = "its text does not have the hash that is written with it";
            else if (Parse(job, FormatOf(document)) is { } record && record.Id == Path.GetFileName(folder))
                return record;
            else
                damage = "it is that of another job";
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            // The job was never accepted.
        }
        catch (Exception problem) when (IsDamage(problem))
        {
            damage = problem.Message;
        }

        return null;
    }

    /// <summary>Whether a newer version has written it: then its owner is known, and nothing else of it.</summary>
    /// <param name="folder">The job's.</param>
    /// <param name="reason">Why it is left alone.</param>
    /// <returns>The owner; null when this build can read the record, when there is none, and when it is damaged.</returns>
    /// <exception cref="IOException">As for <see cref="Read"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">As for <see cref="Read"/>.</exception>
    internal static string? OwnerOfNewer(string folder, out string reason)
    {
        reason = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(DurableFile.Read(Path.Combine(folder, Name)));
            if (WhyNewer(document) is not { } newer)
                return null;
            reason = $"its record is of a newer version ({newer}): it stays as it is, for a gateway of that version";
            return document.RootElement.GetProperty(Job).GetProperty("owner").GetString();
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException || IsDamage(problem))
        {
            return null;
        }
    }

    /// <summary>
    /// A newer format, or in a text that is undamaged an option that this build does not know. Null for what this build can read.
    /// </summary>
    private static string? WhyNewer(JsonDocument document)
    {
        int format = FormatOf(document);
        if (format > FormatCurrent)
            return $"format {format}, and version {ProductVersion.Current} reads up to {FormatCurrent}";
        JsonElement job = document.RootElement.GetProperty(Job);
        if (format <= EarlierJobRecord.FormatMax || document.RootElement.GetProperty(Hash).GetString() != HashOf(job.GetRawText()))
            return null;
        string? unknown = job.GetProperty("request").EnumerateObject().Select(option => option.Name)
            .FirstOrDefault(name => OptionCatalog.Find(name) is null);
        return unknown is null ? null : $"it has the option {unknown}, which version {ProductVersion.Current} does not know";
    }

    /// <summary>Records of 0.1.0 name none.</summary>
    private static int FormatOf(JsonDocument document) =>
        document.RootElement.TryGetProperty(Format, out JsonElement format) ? format.GetInt32() : 1;

    private static JobRecord? Parse(JsonElement job, int format) => format > EarlierJobRecord.FormatMax
        ? job.Deserialize(JobRecordJson.Default.JobRecord)
        : EarlierJobRecord.Upgrade(job).Deserialize(JobRecordJson.Default.JobRecord);

    /// <summary>What stays as it is. Used-up descriptors and wrong permissions say nothing of the record, and must cost no job.</summary>
    private static bool IsDamage(Exception problem) =>
        problem is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            || (problem is IOException && !TransientFailure.Is(problem));

    private static string HashOf(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
}
