using System.Text.Json;

namespace AttentionCluster.Chaos.Showing;

/// <summary>What one scenario has shown.</summary>
/// <param name="Scenario">What happened.</param>
/// <param name="Figures">What was measured.</param>
/// <param name="Problems">What is wrong with the job's end; empty when nothing is.</param>
/// <param name="Report">The job's report; null when it has none.</param>
internal sealed record FigureSet(string Scenario, IReadOnlyList<Figure> Figures, IReadOnlyList<string> Problems, JsonElement? Report)
{
    /// <summary>Whether every figure is within its bound, and the job ended as it has to.</summary>
    public bool IsGood => Problems.Count == 0 && Figures.All(figure => figure.IsGood);
}
