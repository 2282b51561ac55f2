using System.CommandLine;

namespace AttentionCluster.Cli.Bench;

/// <summary><c>attn bench</c>: what this machine reaches, as a share of what it could.</summary>
internal static class BenchCommand
{
    /// <summary>Declares the command and its measurements.</summary>
    public static Command Create() => new("bench", "Measures what this machine reaches, as a share of what it could.")
    {
        KernelBench.Create(),
        DecodeBench.Create(),
        ClusterBench.Create(),
    };
}
