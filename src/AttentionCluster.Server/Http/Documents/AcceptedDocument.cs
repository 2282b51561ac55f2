namespace AttentionCluster.Server.Http.Documents;

/// <summary>A job that was accepted.</summary>
/// <param name="Id">Its id.</param>
internal sealed record AcceptedDocument(string Id);
