using AttentionCluster.Cli.Inputs;
using AttentionCluster.Cluster;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Results;

namespace AttentionCluster.Cli.Verify;

/// <summary>A verification about which everything that can be known beforehand has been checked.</summary>
/// <param name="Input">The Q, K and V of the job.</param>
/// <param name="Result">What the job gave.</param>
/// <param name="Recorded">The options with which it ran, as the result records them.</param>
/// <param name="Plan">The same, with those of the command line over them, planned: what is recomputed in float64.</param>
/// <param name="Rows">Rows that are recomputed.</param>
/// <param name="Node">The node on which the job runs again when bits were changed.</param>
internal sealed record VerifyJob(
    FileInput Input, ResultToVerify Result, AttentionOptions Recorded, AttentionPlan Plan, int Rows, NodeOptions Node)
{
    /// <summary>Checks options, rows and node.</summary>
    /// <param name="input">Q, K and V.</param>
    /// <param name="result">A result that fits them.</param>
    /// <param name="overlay">Puts the options of the command line over the recorded ones.</param>
    /// <param name="rows">Rows to recompute; null leaves it to the size of the job.</param>
    /// <param name="node">The node.</param>
    /// <param name="refusal">The first thing that is wrong.</param>
    /// <param name="cancellationToken">A mask is looked through whole.</param>
    public static VerifyJob? Create(
        FileInput input,
        ResultToVerify result,
        Func<AttentionOptions, AttentionOptions> overlay,
        int? rows,
        NodeOptions node,
        out Refusal? refusal,
        CancellationToken cancellationToken)
    {
        if (ReadOptions(result, out refusal) is not { } recorded)
            return null;
        int rowCount = RowSampling.Choose(input.Shape, rows, out refusal);
        refusal ??= node.Validate() is [{ } first, ..] ? first : null;
        if (refusal is not null)
            return null;

        AttentionOptions options = overlay(recorded);
        AuxiliaryTensors? auxiliary = input.ReadAuxiliary(options, out refusal) is null ? null : input.OpenAuxiliary(options, out refusal);
        return auxiliary is not null
            && AttentionPlan.Create(input.Shape, options, out refusal, auxiliary.Layout, auxiliary, cancellationToken) is { } plan
            ? new VerifyJob(input, result, recorded, plan, rowCount, node)
            : null;
    }

    /// <summary>The options that the result records; the defaults for a file from elsewhere, which records none.</summary>
    private static AttentionOptions? ReadOptions(ResultToVerify result, out Refusal? refusal)
    {
        refusal = null;
        if (!result.File.Metadata.TryGetValue(RecordedOptions.MetadataName, out string? json))
            return new AttentionOptions();
        if (RecordedOptions.Read(json, out string reason) is { } options)
        {
            if (options.Output.ToElementType() == result.Output.Type)
                return options;
            reason = $"a result of type {options.Output}, and its o is {result.Output.Type}";
        }

        refusal = new Refusal(
            ErrorCode.MalformedFile, $"--output: {result.File.Path} has metadata {RecordedOptions.MetadataName} that this version can't "
                + $"read ({reason})");
        return null;
    }
}
