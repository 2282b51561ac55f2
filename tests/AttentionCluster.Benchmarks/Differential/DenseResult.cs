namespace AttentionCluster.Benchmarks.Differential;

/// <summary>What a peer has made of a job.</summary>
/// <param name="Output"><c>[B, H, Nq, D]</c>.</param>
/// <param name="Lse"><c>[B, H, Nq]</c>; null from one that does not tell.</param>
internal sealed record DenseResult(float[] Output, float[]? Lse);
