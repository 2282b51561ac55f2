using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>The answer to <c>POST /v1/jobs</c>: a job that was accepted.</summary>
/// <param name="Id">Its id.</param>
internal sealed record AcceptedDocument([property: JsonRequired] string Id);
