using AttentionCluster.Core.Attention;
using CsCheck;

namespace AttentionCluster.Core.Tests.Attention;

/// <summary>Random cases, with every kind of mask that the options can describe.</summary>
internal static class AttentionCaseGen
{
    private static readonly Gen<(long Left, long Right)> Windows = Gen.Select(Gen.Long[-1, 12], Gen.Long[-1, 12]);

    /// <summary>Few rows, keys, heads and short blocks and segments: small enough to enumerate every pair.</summary>
    public static Gen<AttentionCase> Small => Of(queriesMax: 30, keysMax: 40, keysPerSegmentMax: 17, rowsPerBlockMax: 13);

    /// <summary>Cases with up to this many rows and keys.</summary>
    public static Gen<AttentionCase> Of(int queriesMax, int keysMax, int keysPerSegmentMax, int rowsPerBlockMax) =>
        from queries in Gen.Int[1, queriesMax]
        from keys in Gen.Int[1, keysMax]
        from batch in Gen.Int[1, 2]
        from kvHeads in Gen.Int[1, 3]
        from groupSize in Gen.Int[1, 3]
        from options in Options(queriesMax + keysMax)
        from keysPerSegment in Gen.Int[1, keysPerSegmentMax]
        from rowsPerBlock in Gen.Int[1, rowsPerBlockMax]
        select new AttentionCase(queries, keys)
        {
            Batch = batch,
            KvHeads = kvHeads,
            QueryHeads = kvHeads * groupSize,
            Options = options with { KeysPerSegment = keysPerSegment, RowsPerBlock = rowsPerBlock },
        };

    private static Gen<AttentionOptions> Options(long offsetMax) =>
        from causal in Gen.Bool
        from topLeft in Gen.Bool
        from offset in Gen.Nullable(Gen.Long[-offsetMax, offsetMax])
        from window in Windows
        select new AttentionOptions
        {
            Causal = causal,
            Align = topLeft ? CausalAlignment.TopLeft : CausalAlignment.BottomRight,
            Offset = offset,
            Window = window,
        };
}
