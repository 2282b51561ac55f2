namespace AttentionCluster.Server.Http.Requests;

/// <summary>
/// Metadata of an endpoint: it looks at the conditions of a request itself, because it knows whether the thing is there, and which tag it
/// has.
/// </summary>
internal sealed record ChecksConditions;
