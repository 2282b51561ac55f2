using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Core.Tests.Attention;

/// <summary>What one test computes: lengths, widths, heads and options.</summary>
internal sealed record AttentionCase(int Queries, int Keys, int KeyWidth = 1, int ValueWidth = 1)
{
    public int Batch { get; init; } = 1;

    public int QueryHeads { get; init; } = 1;

    public int KvHeads { get; init; } = 1;

    /// <summary>Elements of Q are uniform from minus this to this; those of K and V from -1 to 1.</summary>
    public float QueryMax { get; init; } = 1;

    public AttentionOptions Options { get; init; } = new();

    public AttentionShape Shape => AttentionShape.Create(
        new(Batch, QueryHeads, Queries, KeyWidth), new(Batch, KvHeads, Keys, KeyWidth), new(Batch, KvHeads, Keys, ValueWidth),
        out Refusal? refusal) ?? throw new InvalidOperationException(refusal!.Message);

    /// <summary>The band of its options, without a plan: some cases are too large for one.</summary>
    public BandMask Band => new JobMask(Shape, Options, AuxiliaryLayout.None, null).RangeOf(0).Band;

    public AttentionPlan Plan =>
        AttentionPlan.Create(Shape, Options, out Refusal? refusal) ?? throw new InvalidOperationException(refusal!.Message);

    /// <summary>Visibility as DESIGN section 4 defines it: the intersection of all that are set.</summary>
    public bool Sees(int row, int key)
    {
        long offset = Options.Offset ?? (Options.Align == CausalAlignment.BottomRight ? Keys - Queries : 0);
        (long left, long right) = Options.Window;
        bool isInWindow = (left == -1 || row + offset - left <= key) && (right == -1 || key <= row + offset + right);
        return (!Options.Causal || key <= row + offset) && (isInWindow || key < Options.Sinks);
    }

    public override string ToString() =>
        $"{Queries}x{Keys} width {KeyWidth}/{ValueWidth} heads {Batch}:{QueryHeads}:{KvHeads} q {QueryMax}"
        + $"{(Options.Causal ? $" causal {Options.Align}" : "")} offset {Options.Offset?.ToString() ?? "-"} window "
            + $"{Options.Window.Left},{Options.Window.Right} sinks {Options.Sinks}"
        + $" segments {Options.KeysPerSegment} blocks {Options.RowsPerBlock}";
}
