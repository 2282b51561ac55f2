namespace AttentionCluster.Chaos.Showing;

/// <summary>One row of the table.</summary>
/// <param name="Scenario">What the cluster was, and what happened to it.</param>
/// <param name="OutputSha256">Null when the job has no result.</param>
/// <param name="LseSha256">Likewise.</param>
/// <param name="Seconds">From the job's sending until its result was here and compared.</param>
/// <param name="Retries">Tasks that were sent again.</param>
/// <param name="Faults">Faults that happened before the job had ended: all that the scenario has.</param>
/// <param name="Problems">What is wrong; empty when nothing is.</param>
internal sealed record InvarianceRow(
    string Scenario, string? OutputSha256, string? LseSha256, double Seconds, int? Retries, int Faults, IReadOnlyList<string> Problems);
