namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>Four floats: the vector of a machine that has none.</summary>
internal readonly record struct Quad(float A, float B, float C, float D);
