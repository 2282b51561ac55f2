namespace AttentionCluster.Core.Attention;

/// <summary>Where the causal diagonal lies when there are more keys than queries, or fewer.</summary>
public enum CausalAlignment
{
    /// <summary>The last query row sees the last key: offset = keys - query rows, what appending to a cache means.</summary>
    BottomRight,

    /// <summary>The first query row sees the first key alone: offset = 0.</summary>
    TopLeft,
}
