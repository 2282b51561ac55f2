using System.Text.Json;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>The bits of a result: SHA-256 of O and of the log-sum-exp, in lower-case hexadecimal.</summary>
internal sealed record ResultHashes(string Output, string Lse)
{
    /// <summary>What a report says.</summary>
    public static ResultHashes OfReport(JsonElement report) => new(Text(report, "output_sha256"), Text(report, "lse_sha256"));

    /// <summary>What a file holds, whatever its report says.</summary>
    public static ResultHashes OfFile(string path)
    {
        using TensorFile file = TensorFile.Open(path);
        return new ResultHashes(
            TensorDigest.Sha256(file, file.Require("o"), CancellationToken.None),
                TensorDigest.Sha256(file, file.Require("lse"), CancellationToken.None));
    }

    private static string Text(JsonElement report, string name) =>
        report.ValueKind == JsonValueKind.Object && report.TryGetProperty(name, out JsonElement hash) ? hash.GetString() ?? "none" : "none";
}
