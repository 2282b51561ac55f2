using AttentionCluster.Cli.Inputs;
using AttentionCluster.Cluster;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cli.Verify;

/// <summary>A verification about which everything that can be known beforehand has been checked.</summary>
/// <param name="Input">The Q, K and V of the job.</param>
/// <param name="Result">What the job gave.</param>
/// <param name="Recorded">The options with which it ran, as the result records them.</param>
/// <param name="Options">The same, with those of the command line over them: what is recomputed in float64.</param>
/// <param name="Rows">Rows that are recomputed.</param>
/// <param name="Node">The node on which the job runs again when bits were changed.</param>
internal sealed record VerifyJob(
    FileInput Input, ResultFile Result, AttentionOptions Recorded, AttentionOptions Options, int Rows, NodeOptions Node)
{
    /// <summary>Checks options, rows and node.</summary>
    /// <param name="input">Q, K and V.</param>
    /// <param name="result">A result that fits them.</param>
    /// <param name="overlay">Puts the options of the command line over the recorded ones.</param>
    /// <param name="rows">Rows to recompute; null leaves it to the size of the job.</param>
    /// <param name="node">The node.</param>
    /// <param name="refusal">The first thing that is wrong.</param>
    public static VerifyJob? Create(
        FileInput input,
        ResultFile result,
        Func<AttentionOptions, AttentionOptions> overlay,
        int? rows,
        NodeOptions node,
        out Refusal? refusal)
    {
        if (RecordedOptions.Read(result.File, out refusal) is not { } recorded)
            return null;
        AttentionOptions options = overlay(recorded);
        int rowCount = RowSampling.Choose(input.Shape, rows, out refusal);
        // Float64 needs no kernel: a result of another machine's kernel can be verified here.
        if (refusal is null)
            AttentionPlan.Create(input.Shape, options with { Kernel = KernelPath.Auto }, out refusal);
        refusal ??= node.Validate();
        return refusal is null ? new VerifyJob(input, result, recorded, options, rowCount, node) : null;
    }
}
