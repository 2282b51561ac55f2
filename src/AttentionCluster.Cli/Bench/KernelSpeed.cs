namespace AttentionCluster.Cli.Bench;

/// <summary>How fast a kernel path computed one shape; GFLOP/s count visible pairs only.</summary>
/// <param name="Kernel">The path.</param>
/// <param name="Shape">As in <c>N4096D128</c>.</param>
/// <param name="Causal">Whether half of the pairs are masked.</param>
/// <param name="Threads">Threads that computed.</param>
/// <param name="Gflops">What the kernel reached.</param>
/// <param name="LimitGflops">What the same threads reach with multiply-adds between registers alone.</param>
/// <param name="LimitFraction">The one over the other.</param>
internal sealed record KernelSpeed(
    string Kernel, string Shape, bool Causal, int Threads, double Gflops, double LimitGflops, double LimitFraction);
