using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>
/// Sampled rows of a result against the float64 reference. Errors and bound are those of one row, the worst beside its own bound.
/// </summary>
/// <param name="Rows">Rows compared, over all heads.</param>
/// <param name="MaxAbsError">The largest absolute difference of an element of O in that row.</param>
/// <param name="MaxRelError">The same over the largest absolute element of V among the row's visible keys.</param>
/// <param name="Bound">What <paramref name="MaxRelError"/> may be at most.</param>
/// <param name="Ok">Whether it is, and whether LSE agrees likewise, in all rows; and whether the bounds of all rows are less than what any
/// weights could change.</param>
public sealed record Verification(int Rows, double MaxAbsError, double MaxRelError, double Bound, bool Ok)
{
    /// <summary>The worst row as <c>batch b, head h, row i</c>; not part of the JSON report.</summary>
    [JsonIgnore]
    public string WorstRow { get; init; } = "";

    /// <summary>Why the bound of the worst row is no check, though no row exceeds its bound; not part of the JSON report.</summary>
    [JsonIgnore]
    public string? WhyNoCheck { get; init; }

    /// <summary>The compared rows that exceed their bound, the worst first; not part of the JSON report.</summary>
    [JsonIgnore]
    public IReadOnlyList<OutputRow> WrongRows { get; init; } = [];
}
