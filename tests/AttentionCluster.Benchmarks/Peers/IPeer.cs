namespace AttentionCluster.Benchmarks.Peers;

/// <summary>An implementation of attention, ready to compute one problem again and again.</summary>
internal interface IPeer : IDisposable
{
    /// <summary>Computes the whole problem.</summary>
    void Run();

    /// <summary>A row of the latest output: <c>Dv</c> floats.</summary>
    ReadOnlySpan<float> Output(int head, int row);
}
