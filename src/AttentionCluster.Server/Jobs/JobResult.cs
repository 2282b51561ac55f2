namespace AttentionCluster.Server.Jobs;

/// <summary>The file with the result of a job.</summary>
/// <param name="Bytes">Of the file.</param>
/// <param name="Sha256">Of the file, in lower-case hexadecimal; null for a call, whose result is never asked for again.</param>
internal sealed record JobResult(long Bytes, string? Sha256);
