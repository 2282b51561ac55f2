using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>
/// The JSON of the HTTP interface, of reports and of what <c>attn</c> prints, generated at build time: what a server writes is what its
/// clients read. An error or bound that is no number, because an input holds NaN, is the string <c>"NaN"</c> or <c>"Infinity"</c>. Names
/// that this version does not know are left out: a newer server may say more.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(AcceptedDocument))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(DrainedDocument))]
[JsonSerializable(typeof(JobDocument))]
[JsonSerializable(typeof(JobListDocument))]
[JsonSerializable(typeof(JobReport))]
internal sealed partial class ApiJson : JsonSerializerContext;
