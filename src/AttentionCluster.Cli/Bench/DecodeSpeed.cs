namespace AttentionCluster.Cli.Bench;

/// <summary>How fast a few query rows passed over a long context: what counts is how fast K and V are read.</summary>
/// <param name="Kernel">The path.</param>
/// <param name="Dtype">How K and V are held.</param>
/// <param name="Heads">Query heads, each with a KV head of its own.</param>
/// <param name="Rows">Query rows of a head.</param>
/// <param name="Keys">Keys of a head.</param>
/// <param name="Width">Dk and Dv.</param>
/// <param name="Threads">Threads that computed.</param>
/// <param name="KvBytes">Bytes of K and V, all of which each measurement reads.</param>
/// <param name="KvGbPerSecond">10^9 bytes of K and V a second.</param>
/// <param name="ReadGbPerSecond">What the same threads reach with loads alone over as many bytes.</param>
/// <param name="ReadFraction">The one over the other.</param>
internal sealed record DecodeSpeed(
    string Kernel, string Dtype, int Heads, int Rows, int Keys, int Width, int Threads, long KvBytes, double KvGbPerSecond,
        double ReadGbPerSecond,
    double ReadFraction);
