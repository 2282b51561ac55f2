namespace AttentionCluster.Cli.Bench;

/// <summary>What the cluster costs: the same job through an embedded node, and by threads that call the kernel and nothing else.</summary>
/// <param name="Kernel">The path.</param>
/// <param name="Shape">As in <c>H8N16384D128</c>.</param>
/// <param name="Causal">Whether half of the pairs are masked.</param>
/// <param name="Threads">Threads that computed.</param>
/// <param name="AloneGflops">What the kernel alone reached.</param>
/// <param name="AloneSeconds">How long the kernel alone took.</param>
/// <param name="ClusterSeconds">How long the compute phase of the job took.</param>
/// <param name="TotalSeconds">How long the job took with loading, merging and writing.</param>
/// <param name="AloneFraction">The kernel alone over the compute phase, turn by turn.</param>
/// <param name="IdealFraction">The share of the compute phase that the node's threads spent in the kernel, as its report says.</param>
internal sealed record ClusterSpeed(
    string Kernel, string Shape, bool Causal, int Threads, double AloneGflops, double AloneSeconds, double ClusterSeconds,
        double TotalSeconds,
    double AloneFraction, double IdealFraction);
