namespace AttentionCluster.Client.Transport;

/// <summary>The answer to <c>GET /v1/jobs</c>.</summary>
internal sealed record JobList(IReadOnlyList<Job> Jobs);
