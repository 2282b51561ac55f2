using System.Globalization;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;

namespace AttentionCluster.Core.Planning;

/// <summary>What a plan of options that are each in their range can't have: too many tasks, or blocks that are too large.</summary>
internal static class PlanLimits
{
    /// <summary>Bounds the coordinator's bookkeeping.</summary>
    private const int TasksMax = 16_000_000;

    /// <summary>Whether the tasks can be counted, and the rows of a block.</summary>
    internal static Refusal? Check(AttentionShape shape, int keysPerSegment, int rowsPerBlock)
    {
        // Everything that counts the rows of a partial counts them with an int.
        if ((long)rowsPerBlock * shape.GroupSize > int.MaxValue)
        {
            return new Refusal(ErrorCode.MemoryLimit, string.Create(
                CultureInfo.InvariantCulture,
                $"a query block of {rowsPerBlock} rows of {shape.GroupSize} heads has more than {int.MaxValue} rows; ")
                + "choose a smaller rows-per-block");
        }

        double segments = Math.Ceiling((double)shape.Keys / keysPerSegment);
        double blocks = Math.Ceiling((double)shape.QueryRows / rowsPerBlock) * shape.Batch * shape.KvHeads;
        return blocks * segments <= TasksMax ? null : new Refusal(
            ErrorCode.TooManyTasks,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{blocks:0} query blocks of {rowsPerBlock} rows against {segments:0} segments of {keysPerSegment} keys are more than ")
            + FormattableString.Invariant($"{TasksMax} tasks; raise rows-per-block or keys-per-segment"));
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
                {
                    return new Refusal(ErrorCode.TooManyDocuments, string.Create(
                        CultureInfo.InvariantCulture,
                        $"the query block from row {first} on has {runs} documents whose rows stand elsewhere than those before them, ")
                        + FormattableString.Invariant($"and a task can name {AttentionPlan.PositionRunsMax}; ")
                        + FormattableString.Invariant($"choose a rows-per-block of at most {AttentionPlan.PositionRunsMax}"));
                }
            }
        }

        return null;
    }
}
