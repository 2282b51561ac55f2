using System.Runtime.InteropServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Partials;

/// <summary>
/// The online-softmax state of a set of keys for every row of a query block: running maximum <c>m</c> and running sum <c>l</c> (natural
/// units, one a row) and the weighted value sum <c>acc [rows, Dv]</c>, in one piece of native memory.
/// </summary>
/// <remarks>
/// Layout in floats: <c>m [rows]</c>, <c>l [rows]</c>, each padded to 16, then <c>acc [rows, stride]</c> with the stride padded to 16:
/// every row starts on a cache line. The padding columns are zero. Where scores may have had a constant taken off, its two parts follow
/// <c>l</c>, as float64.
/// </remarks>
internal sealed unsafe class Partial : IDisposable
{
    private readonly NativeBuffer _buffer;

    /// <summary>An empty partial.</summary>
    /// <param name="rows">Rows of the block, over all its heads.</param>
    /// <param name="valueWidth"><c>Dv</c>.</param>
    /// <param name="hasShift">Whether a constant may be taken off the scores of each row.</param>
    public Partial(int rows, int valueWidth, bool hasShift = false)
        : this(rows, valueWidth, hasShift, hasUndefinedRows: false)
    {
    }

    private Partial(int rows, int valueWidth, bool hasShift, bool hasUndefinedRows)
    {
        Rows = rows;
        ValueWidth = valueWidth;
        HasShift = hasShift;
        _buffer = new NativeBuffer(ByteLength(rows, valueWidth, hasShift));
        if (!hasUndefinedRows)
            Reset();
    }

    /// <summary>
    /// Memory for a partial whose rows will all be written, by a kernel or as they come from elsewhere: undefined until then, and not
    /// touched, which costs more than to fill it where the operating system gives pages when they are touched first.
    /// </summary>
    /// <inheritdoc cref="Partial(int, int, bool)"/>
    public static Partial OfUndefinedRows(int rows, int valueWidth, bool hasShift = false)
    {
        var partial = new Partial(rows, valueWidth, hasShift, hasUndefinedRows: true);

        // What fills up the runs of m and l is no row, and travels with them.
        partial.ResetSums();
        return partial;
    }

    /// <summary>Rows of the block, over all its heads.</summary>
    public int Rows { get; }

    /// <summary><c>Dv</c>.</summary>
    public int ValueWidth { get; }

    /// <summary>Floats from one row of <c>acc</c> to the next.</summary>
    public int Stride => Pad(ValueWidth);

    /// <summary>The running maximum of a row; -infinity when it has seen no key.</summary>
    public float* Max => _buffer.Floats;

    /// <summary>The running sum of a row; 0 when it has seen no key.</summary>
    public float* Sum => _buffer.Floats + Pad(Rows);

    /// <summary>Whether there is a <see cref="Shift"/>.</summary>
    public bool HasShift { get; }

    /// <summary>
    /// The constant that was taken off a row's scores, and so off its <see cref="Max"/>: the part that was the mask's; null where none ever
    /// is.
    /// </summary>
    public double* Shift => HasShift ? (double*)(_buffer.Floats + (2 * Pad(Rows))) : null;

    /// <summary>The rest of it: apart, because one float64 would lose it beside the lowest number of a mask.</summary>
    public double* ShiftRest => HasShift ? Shift + Pad(Rows) : null;

    /// <summary>The weighted value sums.</summary>
    public float* Accumulator => _buffer.Floats + ((HasShift ? 6 : 2) * Pad(Rows));

    /// <summary>The memory, to be sent or received as it is.</summary>
    public NativeBuffer Buffer => _buffer;

    /// <summary>Bytes that a partial takes.</summary>
    public static long ByteLength(int rows, int valueWidth, bool hasShift = false) =>
        sizeof(float) * (((hasShift ? 6L : 2L) * Pad(rows)) + ((long)rows * Pad(valueWidth)));

    /// <summary>Makes it the empty partial.</summary>
    public void Reset()
    {
        ResetSums();
        NativeMemory.Clear(Accumulator, (nuint)Rows * (nuint)Stride * sizeof(float));
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private void ResetSums()
    {
        new Span<float>(Max, Pad(Rows)).Fill(float.NegativeInfinity);
        new Span<float>(Sum, Pad(Rows)).Clear();
        if (HasShift)
            new Span<double>(Shift, 2 * Pad(Rows)).Clear();
    }

    private static int Pad(int floats) => TileGeometry.PadColumns(floats);
}
