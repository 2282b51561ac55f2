namespace AttentionCluster.Benchmarks.Differential;

/// <summary>How one peer has fared beside us.</summary>
internal sealed class PeerTally
{
    /// <summary>Jobs that it can express.</summary>
    public int Jobs { get; set; }

    /// <summary>Rows with a visible key, which are compared; what others make of the rest is theirs.</summary>
    public long Rows { get; set; }

    /// <summary>Our worst error against float64, its own, and the largest difference between the two; relative to the largest V.</summary>
    public double Ours { get; set; }

    /// <inheritdoc cref="Ours"/>
    public double Theirs { get; set; }

    /// <inheritdoc cref="Ours"/>
    public double Difference { get; set; }

    /// <summary>The largest difference between log-sum-exps, relative to their size or 1.</summary>
    public double LseDifference { get; set; }

    /// <summary>Seeds of jobs on which the peer is wrong, while we are right.</summary>
    public List<int> PeerWrong { get; } = [];

    /// <summary>Seeds of jobs on which we are wrong.</summary>
    public List<int> OursWrong { get; } = [];
}
