namespace AttentionCluster.Server.Http.Documents;

/// <summary>A node has been told to leave.</summary>
/// <param name="Name">What it is called; while it leaves, <c>/v1/cluster</c> lists it.</param>
internal sealed record DrainedDocument(string Name);
