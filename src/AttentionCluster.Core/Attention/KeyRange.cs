namespace AttentionCluster.Core.Attention;

/// <summary>Keys from <paramref name="Start"/> up to, but without, <paramref name="End"/>.</summary>
internal readonly record struct KeyRange(int Start, int End)
{
    /// <summary>Keys in the range; 0 when it is empty.</summary>
    public int Count => Math.Max(0, End - Start);

    /// <summary>Whether it holds no key.</summary>
    public bool IsEmpty => End <= Start;

    /// <summary>The keys that both hold.</summary>
    public KeyRange Intersect(KeyRange other) => new(Math.Max(Start, other.Start), Math.Min(End, other.End));
}
