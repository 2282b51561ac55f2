namespace AttentionCluster.Server.Http.Protocol;

/// <summary>Metadata of an endpoint: it takes the options of an attention job in the query, and tensors in the body.</summary>
/// <param name="HonoursIdempotencyKey">Whether a request that is sent twice is one job.</param>
internal sealed record TakesTensors(bool HonoursIdempotencyKey);
