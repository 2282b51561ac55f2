namespace AttentionCluster.Core;

/// <summary>A request that will not be carried out, said before any work on it.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Message">For people: what, where, and what to do.</param>
public sealed record Refusal(ErrorCode Code, string Message)
{
    /// <summary>The property of the options that is to blame; null when it is no single one.</summary>
    public string? Option { get; init; }
}
