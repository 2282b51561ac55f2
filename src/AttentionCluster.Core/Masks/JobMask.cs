using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// What the rows of a job see, and what becomes of their scores: that of a whole job, from which the one of each task is cut.
/// </summary>
internal sealed class JobMask
{
    /// <summary>Of one row of a large mask, read at a time.</summary>
    private const int RowWindowBytes = 64 << 10;

    private readonly AttentionShape _shape;
    private readonly AttentionOptions _options;

    /// <summary>The mask of a job.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="options">Its options.</param>
    /// <param name="layout">The tensors beside Q, K and V.</param>
    /// <param name="tensors">Their numbers; null while only headers are known.</param>
    internal JobMask(AttentionShape shape, AttentionOptions options, AuxiliaryLayout layout, AuxiliaryTensors? tensors) =>
        (_shape, _options, Layout, Tensors) = (shape, options, layout, tensors);

    /// <summary>The tensors beside Q, K and V.</summary>
    public AuxiliaryLayout Layout { get; }

    /// <summary>Their numbers; null while only headers are known: then every key that they could hide counts as visible.</summary>
    public AuxiliaryTensors? Tensors { get; }

    /// <summary>Whether batch entries see different keys.</summary>
    public bool DependsOnBatch =>
        Layout.KeyLengths is not null || Layout.QueryDocuments?.Shape.Batch > 1 || Layout.KeyDocuments?.Shape.Batch > 1
            || Layout.Mask?.Shape.Batch > 1 || Layout.Blocks?.Shape.Batch > 1;

    /// <summary>Whether query heads see different keys.</summary>
    public bool DependsOnHead => Layout.Mask?.Shape.Heads > 1 || Layout.Blocks?.Shape.Heads > 1;

    /// <summary>Whether it must be counted, because visibility follows from more than the numbers of rows and keys.</summary>
    internal bool HasPattern => Layout.HasPattern && Tensors is not null;

    /// <summary>Keys of a batch entry.</summary>
    public int KeysOf(int batch) => (int)(Tensors?.KeyLengths?[batch] ?? _shape.Keys);

    /// <summary>
    /// The position of query row 0 of a batch entry: aligned to the end of its own keys, unless the user chose otherwise; but for <see
    /// cref="PositionsOf"/>.
    /// </summary>
    public long OffsetOf(int batch) =>
        _options.Offset ?? (_options.HasBottomRight ? KeysOf(batch) - (long)_shape.QueryRows : 0);

    /// <summary>
    /// Where each row of a batch entry stands, when that follows from its document and not from its number alone; else empty.
    /// </summary>
    public ReadOnlySpan<long> PositionsOf(int batch) => Tensors is null ? default : Tensors.PositionsOf(batch);

    /// <summary>Runs of some rows that stand equally far from their numbers; none where positions follow from numbers.</summary>
    /// <param name="batch">The batch entry.</param>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rows">How many.</param>
    public IEnumerable<(int Rows, long Offset)> OffsetRuns(int batch, int firstRow, int rows)
    {
        if (PositionsOf(batch).IsEmpty)
            yield break;
        int start = firstRow;
        for (int row = firstRow + 1; row <= firstRow + rows; row++)
        {
            long offset = PositionsOf(batch)[start] - start;
            if (row < firstRow + rows && PositionsOf(batch)[row] - row == offset)
                continue;
            yield return (row - start, offset);
            start = row;
        }
    }

    /// <summary>Without what is behind pointers: a range, and sinks.</summary>
    public TaskMask RangeOf(int batch)
    {
        (long first, long last) = OffsetsOf(batch);
        (long left, long right) = _options.Window;
        long causal = _options.Causal ? 0 : BandMask.Open;
        var around = new BandMask(left < 0 ? -BandMask.Open : -left, Math.Min(right < 0 ? BandMask.Open : right, causal));
        return new TaskMask
        {
            // Open bounds stay what they are.
            Band = new BandMask(left < 0 ? around.Lower : around.Lower + first, around.Upper == BandMask.Open ? BandMask.Open
                : around.Upper + last),
            KeysEnd = KeysOf(batch),
            Sinks = left < 0 && right < 0 ? 0 : _options.Sinks,
            SinkUpper = _options.Causal ? last : BandMask.Open,
            AroundPosition = around,
            SinksFromPosition = causal,
        };
    }

    /// <summary>
    /// The smallest and the largest offset of a row's position from its number. Documents whose numbers are not known yet may have any.
    /// </summary>
    private (long First, long Last) OffsetsOf(int batch)
    {
        if (Tensors is not null && Tensors.OffsetsOf(batch) is { } offsets)
            return offsets;
        if (Tensors is null && Layout.QueryDocuments is not null && _options.HasBottomRight)
            return (-(long)_shape.QueryRows, _shape.Keys);
        return (OffsetOf(batch), OffsetOf(batch));
    }

    /// <summary>
    /// What the group of a KV head sees: all rows, all keys, but for elements that are not held, which <see cref="MaskCursor"/> has.
    /// </summary>
    internal TaskMask Of(int batch, int kvHead) => Tensors?.Complete(RangeOf(batch), batch, kvHead) ?? RangeOf(batch);

    /// <summary>What becomes of scores, without what is behind pointers.</summary>
    public ScoreModifier ScoreModifierOf(int batch) => new() { Softcap = _options.Softcap ?? 0, Offset = OffsetOf(batch) };

    /// <summary>What becomes of the scores of a KV head's group, but for elements that are not held.</summary>
    internal ScoreModifier BiasOf(int batch, int kvHead) => Tensors?.Complete(ScoreModifierOf(batch), batch, kvHead)
        ?? ScoreModifierOf(batch);

    /// <summary>The sides of what an element of the block mask stands for.</summary>
    internal (int Rows, int Keys) MaskBlock => (_options.MaskBlock.Rows, _options.MaskBlock.Keys);

    /// <summary>Whether what a row sees is one range that follows from <see cref="RangeOf"/> alone.</summary>
    internal bool IsRange(int batch) => !HasPattern && RangeOf(batch).Sinks == 0;

    /// <summary>What one row does, for float64. For one thread.</summary>
    /// <param name="batch">The batch entry.</param>
    /// <param name="head">The query head.</param>
    /// <param name="row">The query row.</param>
    /// <param name="scale">Factor of the products.</param>
    public RowRule RuleOf(int batch, int head, int row, double scale)
    {
        (int kvHead, int inGroup) = Math.DivRem(head, _shape.GroupSize);
        var cursor = new MaskCursor(this, batch, kvHead, RowWindowBytes);
        KeyRange hull = RangeOf(batch).Hull(row, row + 1);
        return new RowRule(new KeyRange(hull.Start, Math.Min(hull.End, _shape.Keys)), scale)
        {
            IsVisible = IsRange(batch) ? null : key => cursor.MaskOf(inGroup, row, 1, key, 1).IsVisible(inGroup, 0, row, 0, key),
            Softcap = _options.Softcap ?? 0,
            Bias = cursor.Adds ? key => cursor.BiasOf(inGroup, row, key).Added(inGroup, 0, row, 0, key) : null,
            SinkLogit = Tensors?.SinkLogits?[head],
        };
    }
}
