using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>The answer to <c>GET /v1/jobs</c>: all jobs, the first accepted first.</summary>
/// <param name="Jobs">The jobs.</param>
internal sealed record JobListDocument([property: JsonRequired] IReadOnlyList<JobDocument> Jobs);
