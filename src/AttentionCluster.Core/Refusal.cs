namespace AttentionCluster.Core;

/// <summary>A request that will not be carried out, said before any work on it.</summary>
/// <param name="Code">Stable, for programs: lower case with hyphens.</param>
/// <param name="Message">For people: what, where, and what to do.</param>
public sealed record Refusal(string Code, string Message);
