namespace AttentionCluster.Benchmarks.Peers;

/// <summary>One line of the comparison; GFLOP/s count visible pairs only, errors are relative to the largest element of V.</summary>
internal sealed record ComparisonResult(
    string Shape, bool Causal, int Threads, double LimitGflops, double OursGflops, double LibtorchGflops, double OnnxruntimeGflops,
    double OursMaxError, double LibtorchMaxError);
