using AttentionCluster.Cli.Attend;
using AttentionCluster.Cli.Embedded;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cli.Verify;

/// <summary>
/// Finds the rows of a damaged result. A flipped low bit is far below any error bound, but a job computes the same bits
/// wherever it runs: so the job is run again as it ran, and every row compared bit by bit.
/// </summary>
internal static class Recomputation
{
    /// <summary>Runs the job again, and says which rows of the damaged tensors differ.</summary>
    /// <returns>Sentences for the user.</returns>
    public static async Task<IReadOnlyList<string>> NameRowsAsync(
        VerifyJob job, IReadOnlyList<TensorEntry> damaged, CancellationToken cancellationToken)
    {
        string directory = Path.GetTempPath();
        AttentionOptions options = job.Recorded with { WithLse = job.Result.Lse is not null };
        AttentionPlan.Create(job.Input.Shape, options, out Refusal? refusal, job.Plan.Rules.Layout, cancellationToken: cancellationToken);
        refusal ??= DiskRoom.Check(
            directory, OutputFile.ResultBytes(job.Input.Shape, options), "no room on the disk to run the job again");
        if (refusal is not null)
            return [.. damaged.Select(tensor => $"{tensor.Name} was changed after the job; its rows can't be named: {refusal.Message}")];

        using ScratchDirectory workspace = ScratchDirectory.Create(directory);
        JobOutcome outcome = await EmbeddedJob.RunAsync(job.Input, options, job.Node, workspace, null, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (outcome.ResultPath is null)
            return [.. damaged.Select(tensor => $"{tensor.Name} was changed after the job; its rows can't be named: "
                + $"{outcome.Refusal?.Message}")];

        using TensorFile again = TensorFile.Open(outcome.ResultPath);
        return [.. damaged.Select(tensor => Compare(job, again, tensor, outcome.Report))];
    }

    private static string Compare(VerifyJob job, TensorFile again, TensorEntry tensor, JobReport report)
    {
        bool isLse = tensor == job.Result.Lse;
        string? sha256 = isLse ? report.LseSha256 : report.OutputSha256;
        if (job.Result.File.Metadata[$"{tensor.Name}_sha256"] != sha256)
            return $"{tensor.Name} has not the recorded hash, and the job, run again on this input, gives another one; is this the input "
                + "that the job had?";

        RowDifferences differences = RowDifferences.Find(
            job.Result.File, again, tensor, isLse ? job.Input.Shape.Output with { Width = 1 } : job.Input.Shape.Output);
        string rest = differences.Count > differences.First.Count ? $" and {differences.Count - differences.First.Count} more rows" : "";
        return $"{tensor.Name} was changed after the job in {string.Join("; ", differences.First)}{rest}";
    }
}
