namespace AttentionCluster.Server.Http.Documents;

/// <summary>Why a job failed.</summary>
/// <param name="Code">Stable, for programs.</param>
/// <param name="Message">For people.</param>
internal sealed record ErrorDocument(string Code, string Message);
