namespace AttentionCluster.Chaos.Showing;

/// <summary>One thing measured.</summary>
/// <param name="Name">What.</param>
/// <param name="Value">How much; null when it could not be seen.</param>
/// <param name="Max">What it may be at most.</param>
/// <param name="Source">From where: the job's report, or what can be seen from outside.</param>
internal sealed record Figure(string Name, double? Value, double Max, string Source)
{
    /// <summary>Sources.</summary>
    public const string Outside = "seen from outside", OfReport = "the job's report";

    /// <summary>Whether it was seen, and is within its bound.</summary>
    public bool IsGood => Value <= Max;
}
