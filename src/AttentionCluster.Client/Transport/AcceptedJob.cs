namespace AttentionCluster.Client.Transport;

/// <summary>The answer to <c>POST /v1/jobs</c>.</summary>
internal sealed record AcceptedJob(string Id);
