using System.Text.Json;
using AttentionCluster.Chaos.Planning;

namespace AttentionCluster.Chaos.Running;

/// <summary>How a run ended.</summary>
/// <param name="Plan">What was planned.</param>
/// <param name="Problems">What is wrong; empty when the run has passed.</param>
/// <param name="Reports">Of the jobs that ended well, in the plan's order.</param>
/// <param name="Applied">Faults that were carried out before the jobs had ended.</param>
/// <param name="Revived">Nodes that ended by themselves because their cluster had removed them, and were started again.</param>
/// <param name="Seconds">How long it took, from the first job's sending to the last one's end.</param>
internal sealed record RunOutcome(
    RunPlan Plan, IReadOnlyList<string> Problems, IReadOnlyList<JsonElement> Reports, IReadOnlyList<PlannedFault> Applied, int Revived,
        double Seconds)
{
    /// <summary>Whether nothing was wrong.</summary>
    public bool HasPassed => Problems.Count == 0;
}
