using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Packing;

/// <summary>
/// The K and V rows of one segment of one KV head, laid out for the kernels once and read many times. float16 and bfloat16 stay
/// what they are; float64 becomes float32.
/// </summary>
/// <remarks>
/// <para>
/// K: panels of <see cref="PanelKeys"/> keys, <c>[panel][Dk][64]</c>, or 16, so that one step along <c>Dk</c> loads neighbouring keys. A
/// panel of 64 keys and 128 dimensions is 32 KiB as float32: it stays in the level-1 cache while the rows of a query tile pass over it.
/// </para>
/// <para>
/// V: column blocks of 64, 48, 32 or 16 columns, or of 16 alone, <c>[block][key][columns]</c>, so that one step along the keys loads
/// neighbouring columns of one block. <c>Dv</c> is padded to 16 with zeros, and so are keys to 64.
/// </para>
/// </remarks>
internal sealed unsafe class PackedSegment : IDisposable
{
    /// <summary>Keys of the widest panel of K, and what keys are padded to.</summary>
    public const int PanelKeysMax = TileGeometry.PanelKeys;

    private readonly NativeBuffer _keys;
    private readonly NativeBuffer _values;
    private readonly bool[] _tileHasNonFiniteValues;

    /// <summary>Makes room for a segment; every row must then be packed before it is used.</summary>
    /// <param name="firstKey">The number of its first key within the context.</param>
    /// <param name="keys">Its keys, at least 1.</param>
    /// <param name="keyWidth"><c>Dk</c>.</param>
    /// <param name="valueWidth"><c>Dv</c>.</param>
    /// <param name="keyType">Of the rows of K that will come.</param>
    /// <param name="valueType">Of the rows of V that will come.</param>
    /// <param name="columns">Neighbouring keys or columns of V that one step of a microkernel loads, at most: 16 or 64, see
    /// <see cref="KernelPaths.PackedColumns"/>.</param>
    /// <param name="spare">One that nobody needs any more: its memory is used where it has the same length, and it is disposed.</param>
    public PackedSegment(
        int firstKey, int keys, int keyWidth, int valueWidth,
        ElementType keyType = ElementType.Float32, ElementType valueType = ElementType.Float32, int columns = PanelKeysMax,
        PackedSegment? spare = null)
    {
        if (columns is not (TileGeometry.FoldLanes or PanelKeysMax))
            throw new ArgumentOutOfRangeException(nameof(columns), columns, "must be 16 or 64");
        PanelKeys = columns;
        (FirstKey, Keys, KeyWidth, ValueWidth, KeyType, ValueType) = (firstKey, keys, keyWidth, valueWidth, keyType, valueType);
        ColumnBlocks = ColumnBlock.Split(TileGeometry.PadColumns(valueWidth), columns);
        _keys = new NativeBuffer(KeyBytes(keys, keyWidth, keyType));
        _values = new NativeBuffer(ValueBytes(keys, valueWidth, valueType));
        Replace(_keys, spare?._keys);
        Replace(_values, spare?._values);
        _tileHasNonFiniteValues = new bool[IntegerMath.DivideUp(keys, TileGeometry.Keys)];
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

    /// <summary>Of the rows of K that are packed.</summary>
    public ElementType KeyType { get; }

    /// <summary>Of the rows of V that are packed.</summary>
    public ElementType ValueType { get; }

    /// <summary>Native memory that it holds, in bytes.</summary>
    public long ByteLength => _keys.ByteLength + _values.ByteLength;

    /// <summary>The largest magnitude of an element of K; not finite where one is not.</summary>
    internal float LargestKey { get; private set; }

    /// <summary>The same of V.</summary>
    internal float LargestValue { get; private set; }

    internal ColumnBlock[] ColumnBlocks { get; }

    /// <summary>Keys of one panel of K.</summary>
    internal int PanelKeys { get; }

    /// <summary>Native memory that a segment will hold, in bytes.</summary>
    public static long ByteLengthOf(
        int keys, int keyWidth, int valueWidth,
        ElementType keyType = ElementType.Float32, ElementType valueType = ElementType.Float32) =>
        KeyBytes(keys, keyWidth, keyType) + ValueBytes(keys, valueWidth, valueType);

    /// <summary>Packs rows of K.</summary>
    /// <param name="firstKey">Counted from the segment's first key.</param>
    /// <param name="rows">Whole rows of <c>Dk</c> elements of <see cref="KeyType"/>.</param>
    public void PackKeys(int firstKey, ReadOnlySpan<byte> rows)
    {
        switch (KeyType)
        {
            case ElementType.Float32:
                LargestKey = Larger(LargestKey, Magnitudes.Largest(KeyType, rows));
                PackKeys(firstKey, MemoryMarshal.Cast<byte, uint>(rows));
                break;
            case ElementType.Float64:
                PackNarrowed(rows, floats =>
                {
                    LargestKey = Larger(LargestKey, Magnitudes.Largest(ElementType.Float32, MemoryMarshal.AsBytes(floats)));
                    PackKeys(firstKey, MemoryMarshal.Cast<float, uint>(floats));
                });
                break;
            default:
                LargestKey = Larger(LargestKey, Magnitudes.Largest(KeyType, rows));
                PackKeys(firstKey, MemoryMarshal.Cast<byte, ushort>(rows));
                break;
        }
    }

    /// <summary>Packs rows of V.</summary>
    /// <param name="firstKey">Counted from the segment's first key.</param>
    /// <param name="rows">Whole rows of <c>Dv</c> elements of <see cref="ValueType"/>.</param>
    public void PackValues(int firstKey, ReadOnlySpan<byte> rows)
    {
        switch (ValueType)
        {
            case ElementType.Float32:
                PackValues(firstKey, MemoryMarshal.Cast<byte, float>(rows), ElementType.Float32);
                break;
            case ElementType.Float64:
                PackNarrowed(rows, floats => PackValues(firstKey, floats, ElementType.Float32));
                break;
            default:
                PackValues(firstKey, MemoryMarshal.Cast<byte, ushort>(rows), ValueType);
                break;
        }
    }

    /// <summary>Packs rows of K, given as float32.</summary>
    public void PackKeys(int firstKey, ReadOnlySpan<float> rows) => PackKeys(firstKey, MemoryMarshal.AsBytes(rows));

    /// <summary>Packs rows of V, given as float32.</summary>
    public void PackValues(int firstKey, ReadOnlySpan<float> rows) => PackValues(firstKey, MemoryMarshal.AsBytes(rows));

    /// <summary>Element <c>d</c> of a key; for the reference kernel.</summary>
    internal float Key(int key, int d) => Element(KeyPanel(key / PanelKeys), (d * PanelKeys) + (key % PanelKeys));

    /// <summary>Element <c>d</c> of a value; for the reference kernel.</summary>
    internal float Value(int key, int d)
    {
        foreach (ColumnBlock block in ColumnBlocks)
        {
            if (d < block.FirstColumn + block.Columns)
                return Element(ValuePanel(block, key), d - block.FirstColumn);
        }

        throw new ArgumentOutOfRangeException(nameof(d), d, null);
    }

    internal PackedMatrix KeyPanel(int panel)
    {
        ElementType type = Stored(KeyType);
        return new PackedMatrix(_keys.Pointer + ((long)panel * PanelKeys * KeyWidth * type.ByteSize()), type);
    }

    internal PackedMatrix ValuePanel(in ColumnBlock block, int key)
    {
        ElementType type = Stored(ValueType);
        long elements = ((long)TileGeometry.PadKeys(Keys) * block.FirstColumn) + ((long)key * block.Columns);
        return new PackedMatrix(_values.Pointer + (elements * type.ByteSize()), type);
    }

    /// <summary>Whether a key tile holds a NaN or an infinity in V, which even a weight of zero would spread.</summary>
    internal bool HasNonFiniteValues(int tile) => _tileHasNonFiniteValues[tile];

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    private static void Replace(NativeBuffer fresh, NativeBuffer? spare)
    {
        if (spare?.ByteLength == fresh.ByteLength)
            fresh.Exchange(spare);
        spare?.Dispose();
    }

    private static long KeyBytes(int keys, int keyWidth, ElementType type) =>
        Stored(type).ByteSize() * (long)TileGeometry.PadKeys(keys) * keyWidth;

    private static long ValueBytes(int keys, int valueWidth, ElementType type) =>
        Stored(type).ByteSize() * (long)TileGeometry.PadKeys(keys) * TileGeometry.PadColumns(valueWidth);

    private static ElementType Stored(ElementType type) => type == ElementType.Float64 ? ElementType.Float32 : type;

    private static void PackNarrowed(ReadOnlySpan<byte> rows, FloatSink sink)
    {
        int count = rows.Length / sizeof(double);
        float[] floats = ArrayPool<float>.Shared.Rent(count);
        ElementType.Float64.ToSingle(rows, floats);
        sink(floats.AsSpan(0, count));
        ArrayPool<float>.Shared.Return(floats);
    }

    /// <summary>What is not finite is larger than anything that is.</summary>
    private static float Larger(float x, float y) => !float.IsFinite(x) || x > y ? x : y;

    private static float Element(PackedMatrix matrix, int index)
    {
        int bytes = matrix.Type.ByteSize();
        float element = 0;
        matrix.Type.ToSingle(new ReadOnlySpan<byte>(matrix.First + ((long)index * bytes), bytes), new Span<float>(ref element));
        return element;
    }

    private delegate void FloatSink(ReadOnlySpan<float> floats);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PackKeys<T>(int firstKey, ReadOnlySpan<T> rows)
        where T : unmanaged
    {
        int count = rows.Length / KeyWidth;
        CheckRows(firstKey, count);
        fixed (T* source = rows)
        {
            for (int first = 0; first < count;)
            {
                (int panel, int lane) = Math.DivRem(firstKey + first, PanelKeys);
                int run = Math.Min(PanelKeys - lane, count - first);
                Transposition.Into(source + ((long)first * KeyWidth), run, KeyWidth, (T*)KeyPanel(panel).First + lane, PanelKeys);
                first += run;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PackValues<T>(int firstKey, ReadOnlySpan<T> rows, ElementType type)
        where T : unmanaged
    {
        int count = rows.Length / ValueWidth;
        CheckRows(firstKey, count);
        for (int row = 0; row < count; row++)
        {
            ReadOnlySpan<T> source = rows.Slice(row * ValueWidth, ValueWidth);
            float largest = Magnitudes.Largest(type, MemoryMarshal.AsBytes(source));
            LargestValue = Larger(LargestValue, largest);
            if (!float.IsFinite(largest))
                _tileHasNonFiniteValues[(firstKey + row) / TileGeometry.Keys] = true;
            foreach (ColumnBlock block in ColumnBlocks)
            {
                int columns = Math.Min(block.Columns, ValueWidth - block.FirstColumn);
                var destination = new Span<T>(ValuePanel(block, firstKey + row).First, block.Columns);
                source.Slice(block.FirstColumn, columns).CopyTo(destination);
                destination[columns..].Clear();
            }
        }
    }

    private void ClearPadding()
    {
        int padded = TileGeometry.PadKeys(Keys);
        if (padded == Keys)
            return;
        PackedMatrix rest = KeyPanel(Keys / PanelKeys);
        new Span<byte>(rest.First, (padded - (Keys / PanelKeys * PanelKeys)) * KeyWidth * rest.Type.ByteSize()).Clear();
        foreach (ColumnBlock block in ColumnBlocks)
        {
            rest = ValuePanel(block, Keys);
            new Span<byte>(rest.First, (padded - Keys) * block.Columns * rest.Type.ByteSize()).Clear();
        }
    }

    private void CheckRows(int firstKey, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstKey);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstKey + count, Keys, nameof(firstKey));
    }
}
