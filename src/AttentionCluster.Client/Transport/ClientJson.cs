using System.Text.Json.Serialization;

namespace AttentionCluster.Client.Transport;

/// <summary>
/// The JSON of problem details, generated at build time; all else is <see cref="Core.Api.ApiJson"/>. Names that this version does not know
/// are left out: a newer server may say more.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ClientJson : JsonSerializerContext;
