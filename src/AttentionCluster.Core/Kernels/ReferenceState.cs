namespace AttentionCluster.Core.Kernels;

/// <summary>Running maximum and sum of one row in float64.</summary>
internal readonly record struct ReferenceState(double Max, double Sum);
