using System.Text.Json.Serialization;

namespace AttentionCluster.Client.Transport;

/// <summary>
/// The JSON of the HTTP interface, generated at build time. Names that this version does not know are left out: a newer server may
/// say more.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Job))]
[JsonSerializable(typeof(JobList))]
[JsonSerializable(typeof(AcceptedJob))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ClientJson : JsonSerializerContext;
