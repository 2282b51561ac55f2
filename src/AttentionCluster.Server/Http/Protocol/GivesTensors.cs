namespace AttentionCluster.Server.Http.Protocol;

/// <summary>Metadata of an endpoint: what it answers with is a safetensors file.</summary>
/// <param name="Description">What is in it, and around it.</param>
/// <param name="Headers">Headers of the answer, with what they hold.</param>
internal sealed record GivesTensors(string Description, params IReadOnlyList<(string Name, string Description)> Headers);
