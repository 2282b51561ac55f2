namespace AttentionCluster.Core.Kernels;

/// <summary>Running maximum and sum of one row in float64, and the largest magnitude of a score that counts.</summary>
internal readonly record struct ReferenceState(double Max, double Sum, double LargestScore);
