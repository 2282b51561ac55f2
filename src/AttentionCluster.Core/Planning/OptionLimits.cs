using System.Globalization;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;

namespace AttentionCluster.Core.Planning;

/// <summary>The ranges of the options, checked before a plan is made.</summary>
internal static class OptionLimits
{
    /// <summary>Larger offsets and windows mean nothing with row and key numbers below 2^31.</summary>
    private const long PositionMax = int.MaxValue;

    /// <summary>Bounds the coordinator's bookkeeping.</summary>
    private const int TasksMax = 16_000_000;

    internal static Refusal? Check(AttentionOptions options) =>
        options.Scale is { } scale && !double.IsFinite(scale) ? OutOfRange("scale", scale, "a finite number") :
        options.Offset is < -PositionMax or > PositionMax ? OutOfRange("offset", options.Offset, $"from -{PositionMax} to {PositionMax}") :
        options.Window.Left is < -1 or > PositionMax ? OutOfRange("window", options.Window.Left, $"left,right with each from -1 (open) to {PositionMax}") :
        options.Window.Right is < -1 or > PositionMax ? OutOfRange("window", options.Window.Right, $"left,right with each from -1 (open) to {PositionMax}") :
        options.Sinks < 0 ? OutOfRange("sinks", options.Sinks, "at least 0") :
        options.Softcap is { } softcap && !(softcap > 0 && double.IsFinite(softcap)) ? OutOfRange("softcap", softcap, "a finite number above 0") :
        options.MaskBlock.Rows < 1 || options.MaskBlock.Keys < 1 ? OutOfRange("mask-block", options.MaskBlock, "rows,keys of at least 1 each") :
        options.KeysPerSegment is < 1 ? OutOfRange("keys-per-segment", options.KeysPerSegment, "at least 1") :
        options.RowsPerBlock is < 1 ? OutOfRange("rows-per-block", options.RowsPerBlock, "at least 1") :
        options.VerifyRows is < 0 or > AttentionOptions.VerifyRowsMax ? OutOfRange("verify", options.VerifyRows, $"from 0 to {AttentionOptions.VerifyRowsMax}") :
        null;

    internal static Refusal? Check(AttentionShape shape, int keysPerSegment, int rowsPerBlock)
    {
        // Everything that counts the rows of a partial counts them with an int.
        if ((long)rowsPerBlock * shape.GroupSize > int.MaxValue)
        {
            return new Refusal("memory-limit", string.Create(
                CultureInfo.InvariantCulture, $"a query block of {rowsPerBlock} rows of {shape.GroupSize} heads has more than {int.MaxValue} rows; choose a smaller rows-per-block"));
        }

        double segments = Math.Ceiling((double)shape.Keys / keysPerSegment);
        double blocks = Math.Ceiling((double)shape.QueryRows / rowsPerBlock) * shape.Batch * shape.KvHeads;
        return blocks * segments <= TasksMax ? null : new Refusal(
            "too-many-tasks",
            string.Create(CultureInfo.InvariantCulture, $"{blocks:0} query blocks of {rowsPerBlock} rows against {segments:0} segments of {keysPerSegment} keys are more than {TasksMax} tasks; raise rows-per-block or keys-per-segment"));
    }

    /// <summary>Whether the positions of a block's rows have room in a message.</summary>
    internal static Refusal? Check(JobMask rules, AttentionShape shape, int rowsPerBlock)
    {
        for (int batch = 0; batch < shape.Batch && rowsPerBlock > AttentionPlan.PositionRunsMax; batch++)
        {
            for (long first = 0; first < shape.QueryRows && !rules.PositionsOf(batch).IsEmpty; first += rowsPerBlock)
            {
                int runs = rules.OffsetRuns(batch, (int)first, (int)Math.Min(rowsPerBlock, shape.QueryRows - first)).Count();
                if (runs > AttentionPlan.PositionRunsMax)
                    return new Refusal("too-many-documents", FormattableString.Invariant($"the query block from row {first} on has {runs} documents whose rows stand elsewhere than those before them, and a task can name {AttentionPlan.PositionRunsMax}; choose a rows-per-block of at most {AttentionPlan.PositionRunsMax}"));
            }
        }

        return null;
    }

    private static Refusal OutOfRange(string option, object? value, string range) =>
        new("option-out-of-range", string.Create(CultureInfo.InvariantCulture, $"{option} is {value}; it must be {range}"));
}
