namespace AttentionCluster.Server.Http.Documents;

/// <summary>All jobs, the first accepted first.</summary>
/// <param name="Jobs">The jobs.</param>
internal sealed record JobListDocument(IReadOnlyList<JobDocument> Jobs);
