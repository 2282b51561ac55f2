using System.Numerics.Tensors;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// The K and V rows of one segment of one KV head, laid out for the kernels once and read many times.
/// </summary>
/// <remarks>
/// <para>
/// K: panels of <see cref="PanelKeys"/> keys, <c>[panel][Dk][64]</c>, so that one step along <c>Dk</c> loads 64 neighbouring keys. A panel of 128
/// dimensions is 32 KiB: it stays in the level-1 cache while the rows of a query tile pass over it.
/// </para>
/// <para>
/// V: column blocks of 64, 48, 32 or 16 columns, <c>[block][key][columns]</c>, so that one step along the keys loads neighbouring
/// columns of one block. <c>Dv</c> is padded to 16 with zeros, and so are keys to 64.
/// </para>
/// </remarks>
public sealed unsafe class PackedSegment : IDisposable
{
    /// <summary>Keys of one K panel.</summary>
    public const int PanelKeys = 64;

    private readonly NativeBuffer _keys;
    private readonly NativeBuffer _values;
    private readonly bool[] _tileHasNonFiniteValues;

    /// <summary>Makes room for a segment; every row must then be packed before it is used.</summary>
    /// <param name="firstKey">The number of its first key within the context.</param>
    /// <param name="keys">Its keys, at least 1.</param>
    /// <param name="keyWidth"><c>Dk</c>.</param>
    /// <param name="valueWidth"><c>Dv</c>.</param>
    public PackedSegment(int firstKey, int keys, int keyWidth, int valueWidth)
    {
        (FirstKey, Keys, KeyWidth, ValueWidth) = (firstKey, keys, keyWidth, valueWidth);
        ColumnBlocks = ColumnBlock.Split(PadColumns(valueWidth));
        _keys = new NativeBuffer(KeyBytes(keys, keyWidth));
        _values = new NativeBuffer(ValueBytes(keys, valueWidth));
        _tileHasNonFiniteValues = new bool[AttentionPlan.DivideUp(keys, TileGeometry.Keys)];
        ClearPadding();
    }

    /// <summary>The number of the first key within the context.</summary>
    public int FirstKey { get; }

    /// <summary>Keys of the segment.</summary>
    public int Keys { get; }

    /// <summary><c>Dk</c>.</summary>
    public int KeyWidth { get; }

    /// <summary><c>Dv</c>.</summary>
    public int ValueWidth { get; }

    /// <summary>Native memory that it holds, in bytes.</summary>
    public long ByteLength => _keys.ByteLength + _values.ByteLength;

    internal ColumnBlock[] ColumnBlocks { get; }

    /// <summary>Native memory that a segment will hold, in bytes.</summary>
    public static long ByteLengthOf(int keys, int keyWidth, int valueWidth) =>
        KeyBytes(keys, keyWidth) + ValueBytes(keys, valueWidth);

    /// <summary>Packs rows of K.</summary>
    /// <param name="firstKey">Counted from the segment's first key.</param>
    /// <param name="rows">Whole rows of <c>Dk</c> floats.</param>
    public void PackKeys(int firstKey, ReadOnlySpan<float> rows)
    {
        int count = rows.Length / KeyWidth;
        CheckRows(firstKey, count);
        fixed (float* source = rows)
        {
            for (int first = 0; first < count;)
            {
                int lane = (firstKey + first) % PanelKeys;
                int run = Math.Min(PanelKeys - lane, count - first);
                Transpose(source + ((long)first * KeyWidth), run, KeyPanel((firstKey + first) / PanelKeys) + lane);
                first += run;
            }
        }
    }

    /// <summary>Packs rows of V.</summary>
    /// <param name="firstKey">Counted from the segment's first key.</param>
    /// <param name="rows">Whole rows of <c>Dv</c> floats.</param>
    public void PackValues(int firstKey, ReadOnlySpan<float> rows)
    {
        int count = rows.Length / ValueWidth;
        CheckRows(firstKey, count);
        for (int row = 0; row < count; row++)
        {
            ReadOnlySpan<float> source = rows.Slice(row * ValueWidth, ValueWidth);
            if (!TensorPrimitives.IsFiniteAll(source))
                _tileHasNonFiniteValues[(firstKey + row) / TileGeometry.Keys] = true;
            foreach (ColumnBlock block in ColumnBlocks)
            {
                int columns = Math.Min(block.Columns, ValueWidth - block.FirstColumn);
                var destination = new Span<float>(ValuePanel(block, firstKey + row), block.Columns);
                source.Slice(block.FirstColumn, columns).CopyTo(destination);
                destination[columns..].Clear();
            }
        }
    }

    /// <summary>Element <c>d</c> of a key; for the reference kernel.</summary>
    internal float Key(int key, int d) => KeyPanel(key / PanelKeys)[(d * PanelKeys) + (key % PanelKeys)];

    /// <summary>Element <c>d</c> of a value; for the reference kernel.</summary>
    internal float Value(int key, int d)
    {
        foreach (ColumnBlock block in ColumnBlocks)
        {
            if (d < block.FirstColumn + block.Columns)
                return ValuePanel(block, key)[d - block.FirstColumn];
        }

        throw new ArgumentOutOfRangeException(nameof(d), d, null);
    }

    internal float* KeyPanel(int panel) => _keys.Floats + ((long)panel * PanelKeys * KeyWidth);

    internal float* ValuePanel(in ColumnBlock block, int key) =>
        _values.Floats + ((long)PadKeys(Keys) * block.FirstColumn) + ((long)key * block.Columns);

    /// <summary>Whether a key tile holds a NaN or an infinity in V, which even a weight of zero would spread.</summary>
    internal bool HasNonFiniteValues(int tile) => _tileHasNonFiniteValues[tile];

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    internal static int PadColumns(int columns) => (columns + 15) & ~15;

    private static int PadKeys(int keys) => (keys + PanelKeys - 1) / PanelKeys * PanelKeys;

    private static long KeyBytes(int keys, int keyWidth) => sizeof(float) * (long)PadKeys(keys) * keyWidth;

    private static long ValueBytes(int keys, int valueWidth) => sizeof(float) * (long)PadKeys(keys) * PadColumns(valueWidth);

    private void Transpose(float* rows, int count, float* panel)
    {
        int width = KeyWidth;
        for (int d = 0; d < width; d++)
        {
            float* column = panel + (d * PanelKeys);
            for (int key = 0; key < count; key++)
                column[key] = rows[((long)key * width) + d];
        }
    }

    private void ClearPadding()
    {
        int padded = PadKeys(Keys);
        if (padded == Keys)
            return;
        new Span<float>(KeyPanel((padded / PanelKeys) - 1), PanelKeys * KeyWidth).Clear();
        foreach (ColumnBlock block in ColumnBlocks)
            new Span<float>(ValuePanel(block, Keys), (padded - Keys) * block.Columns).Clear();
    }

    private void CheckRows(int firstKey, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstKey);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstKey + count, Keys, nameof(firstKey));
    }
}
