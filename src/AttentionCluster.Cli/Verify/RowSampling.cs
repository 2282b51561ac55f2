using AttentionCluster.Core;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cli.Verify;

/// <summary>How many rows are recomputed.</summary>
internal static class RowSampling
{
    /// <summary>Rows of a job that is too large to be recomputed whole.</summary>
    public const int SampledRows = 256;

    /// <summary>Multiplications up to which a job is recomputed whole: some seconds in float64.</summary>
    private const double MultiplicationsMax = 1L << 31;

    /// <summary>The rows over all heads: as many as were asked for, all of a small job, a sample of a large one.</summary>
    public static int Choose(AttentionShape shape, int? wanted, out Refusal? refusal)
    {
        refusal = wanted is < 1 ? new Refusal(ErrorCode.OptionOutOfRange, $"--rows is {wanted}; it must be at least 1") : null;
        double rows = (double)shape.Batch * shape.Query.Heads * shape.QueryRows;
        double multiplications = rows * shape.Keys * (shape.KeyWidth + shape.ValueWidth);
        return (int)Math.Min(wanted ?? (multiplications <= MultiplicationsMax ? rows : SampledRows), rows);
    }
}
