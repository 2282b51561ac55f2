namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>What the report says of a complete result.</summary>
/// <param name="OutputSha256">SHA-256 of O.</param>
/// <param name="LseSha256">SHA-256 of the log-sum-exp; null when the job keeps none.</param>
/// <param name="Verification">What the job's check of itself gave; null when it was not to check itself.</param>
/// <param name="Warnings">What a user should know of the input and the result.</param>
/// <param name="WorkersWrong">Workers that computed other bits than this node does.</param>
internal sealed record ResultFindings(
    string OutputSha256, string? LseSha256, Core.Api.Verification? Verification, IReadOnlyList<string> Warnings,
    IReadOnlyList<string> WorkersWrong);
