using AttentionCluster.Chaos.Planning;

namespace AttentionCluster.Chaos.Running;

/// <summary>What <c>run</c> is told.</summary>
/// <param name="Seeds">One run each.</param>
/// <param name="Budget">No further run is started after this time.</param>
/// <param name="Patience">How long the jobs of a run may take before it counts as hung.</param>
/// <param name="Kinds">What may go wrong.</param>
internal sealed record RunSettings(IReadOnlyList<int> Seeds, TimeSpan Budget, TimeSpan Patience, IReadOnlySet<FaultKind> Kinds);
