namespace AttentionCluster.Core.Api;

/// <summary>The answer to <c>POST /v1/cluster/nodes/{name}/drain</c>: a node has been told to leave.</summary>
/// <param name="Name">What it is called; while it leaves, <c>/v1/cluster</c> lists it.</param>
internal sealed record DrainedDocument(string Name);
