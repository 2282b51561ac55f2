using System.Runtime.CompilerServices;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// What of a job's mask concerns some query rows and keys: the one description from which skipping, masking inside a tile, work weights and
/// the float64 reference derive. A key is visible when everything that is set lets it be seen; sink keys are excepted from the window
/// alone.
/// </summary>
/// <remarks>Rows and keys have their absolute numbers for the band, and are counted from the first ones for what is behind
/// pointers.</remarks>
internal readonly unsafe struct TaskMask
{
    /// <summary>Full attention.</summary>
    public TaskMask()
    {
    }

    /// <summary>Causality and window.</summary>
    public BandMask Band { get; init; } = BandMask.Full;

    /// <summary>Keys from here on are padding.</summary>
    public int KeysEnd { get; init; } = int.MaxValue;

    /// <summary>The first keys that no window hides; 0 where the band has no window.</summary>
    public int Sinks { get; init; }

    /// <summary>The last sink key that a row sees, relative to the row: causality without the window.</summary>
    public long SinkUpper { get; init; } = BandMask.Open;

    /// <summary>
    /// Where each row stands among the keys, where that follows from its document; null where it follows from its number.
    /// <see cref="Band"/> and
    /// <see cref="SinkUpper"/> then hold whatever one of the rows sees.
    /// </summary>
    public long* RowPositions { get; init; }

    /// <summary>What <see cref="Band"/> is for a row at position 0, with <see cref="RowPositions"/>.</summary>
    public BandMask AroundPosition { get; init; }

    /// <summary>What <see cref="SinkUpper"/> is for a row at position 0, likewise.</summary>
    public long SinksFromPosition { get; init; }

    /// <summary>The document of each row; null without documents.</summary>
    public long* RowDocuments { get; init; }

    /// <summary>The document of each key; null without documents.</summary>
    public long* KeyDocuments { get; init; }

    /// <summary>The mask tensor.</summary>
    public MaskElements Elements { get; init; }

    /// <summary>The block mask.</summary>
    public BlockElements Blocks { get; init; }

    /// <summary>Whether visibility needs to be looked up key by key somewhere.</summary>
    public bool HasPattern => RowDocuments != null || !Elements.IsAbsent || !Blocks.IsAbsent;

    /// <summary>Whether what a row sees of the keys from one on is one range that follows from the band alone.</summary>
    public bool IsBandFrom(int firstKey) => !HasPattern && Sinks <= firstKey;

    /// <summary>A mask that is a band and nothing else.</summary>
    public static implicit operator TaskMask(BandMask band) => new() { Band = band };

    /// <summary>The keys that the band lets some rows see: absolute numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public KeyRange InBand(int firstRow, int endRow) => Band.VisibleToAny(firstRow, endRow, KeysEnd);

    /// <summary>The sink keys that causality lets some rows see: absolute numbers.</summary>
    public KeyRange InSinks(int endRow) => new(0, (int)Math.Clamp(endRow + SinkUpper, 0, Math.Min(Sinks, KeysEnd)));

    /// <summary>The keys that the band lets one row see: absolute numbers.</summary>
    /// <param name="firstRow">The number of the first row.</param>
    /// <param name="row">Counted from it.</param>
    internal KeyRange BandOf(int firstRow, int row) =>
        RowPositions == null ? InBand(firstRow + row, firstRow + row + 1) : AroundPosition.VisibleTo(RowPositions[row], KeysEnd);

    /// <summary>The sink keys that causality lets one row see: absolute numbers.</summary>
    /// <inheritdoc cref="BandOf"/>
    internal KeyRange SinksOf(int firstRow, int row) => RowPositions == null
        ? InSinks(firstRow + row + 1)
        : new(0, (int)Math.Clamp(RowPositions[row] + 1 + SinksFromPosition, 0, Math.Min(Sinks, KeysEnd)));

    /// <summary>A range that holds all keys that one of some rows sees: absolute numbers.</summary>
    public KeyRange Hull(int firstRow, int endRow)
    {
        (KeyRange band, KeyRange sinks) = (InBand(firstRow, endRow), InSinks(endRow));
        return sinks.IsEmpty ? band : band.IsEmpty ? sinks : new KeyRange(0, Math.Max(band.End, sinks.End));
    }

    /// <summary>Whether a row sees a key.</summary>
    /// <param name="head">Of the group that reads the KV head.</param>
    /// <param name="firstRow">The number of the first row.</param>
    /// <param name="row">Counted from it.</param>
    /// <param name="firstKey">The number of the first key.</param>
    /// <param name="key">Counted from it.</param>
    public bool IsVisible(int head, int firstRow, int row, int firstKey, int key)
    {
        bool hasPosition = RowPositions != null;
        long number = (long)firstKey + key, relative = number - (hasPosition ? RowPositions[row] : (long)firstRow + row);
        BandMask band = hasPosition ? AroundPosition : Band;
        bool isInBand = relative >= band.Lower && relative <= band.Upper;
        bool isSink = number < Sinks && relative <= (hasPosition ? SinksFromPosition : SinkUpper);
        return number < KeysEnd
            && (isInBand || isSink)
            && (RowDocuments == null || RowDocuments[row] == KeyDocuments[key])
            && (Elements.IsAbsent || Elements.IsVisible(head, row, key))
            && (Blocks.IsAbsent || Blocks.IsVisible(head, row, key));
    }
}
