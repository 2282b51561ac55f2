namespace AttentionCluster.Core.Masks;

/// <summary>What some rows do to their scores between scaling and softmax: softcap, then an additive mask, then ALiBi.</summary>
internal readonly unsafe struct ScoreModifier
{
    /// <summary>Scores <c>s</c> become <c>c * tanh(s / c)</c>; 0 when they don't.</summary>
    public double Softcap { get; init; }

    /// <summary>Elements that are added; absent, or boolean, when none are.</summary>
    public MaskElements Elements { get; init; }

    /// <summary>
    /// For each head of the group, what is subtracted for each key between a row's position and the key (ALiBi, arXiv 2108.12409); null
    /// when nothing is.
    /// </summary>
    public float* Slopes { get; init; }

    /// <summary>The position of query row 0.</summary>
    public long Offset { get; init; }

    /// <summary>The position of each row, instead of <see cref="Offset"/>; null where it follows from the row's number.</summary>
    public long* RowPositions { get; init; }

    /// <summary>Whether a score is anything else than the scaled product.</summary>
    public bool ChangesScores => Softcap > 0 || Slopes != null || Elements.IsAdded;

    /// <summary>Keys from a row's position to a key; negative for a key behind it.</summary>
    /// <param name="firstRow">The number of the first row.</param>
    /// <param name="row">Counted from it.</param>
    /// <param name="key">The key's number.</param>
    internal long Distance(int firstRow, int row, long key) => (RowPositions == null ? firstRow + row + Offset : RowPositions[row]) - key;

    /// <summary>Whether something is added to scores.</summary>
    public bool Adds => Slopes != null || Elements.IsAdded;

    /// <summary>Whether some of <see cref="Elements"/> are large.</summary>
    internal LargeElements Large { get; init; }

    /// <summary>What is added to the score of a key, in float64: the mask's element, and ALiBi.</summary>
    /// <param name="head">Of the group that reads the KV head.</param>
    /// <param name="firstRow">The number of the first row.</param>
    /// <param name="row">Counted from it.</param>
    /// <param name="firstKey">The number of the first key.</param>
    /// <param name="key">Counted from it.</param>
    public (double Element, double Slope) Added(int head, int firstRow, int row, int firstKey, int key) => (
        Elements.IsAdded ? Elements.Number(head, row, key) : 0,
        Slopes == null ? 0 : -(Slopes[head] * (double)Math.Abs(Distance(firstRow, row, (long)firstKey + key))));
}
