namespace AttentionCluster.Cluster.Jobs;

/// <summary>What is known of a task that was sent.</summary>
internal sealed class TaskFlight
{
    private readonly HashSet<string> _lostWith = new(StringComparer.Ordinal);

    /// <summary>How often it was sent.</summary>
    internal int Attempts { get; set; }

    /// <summary>Where its computation has failed, one entry for each time.</summary>
    internal List<string> FailedAt { get; } = [];

    /// <summary>Attempts that are not answered, and where.</summary>
    internal Dictionary<int, string> Out { get; } = [];

    /// <summary>The workers that had it when they were lost: it may be what ends them.</summary>
    internal IReadOnlyCollection<string> LostWith => _lostWith;

    /// <summary>Its worker is gone.</summary>
    /// <returns>Whether it had the task.</returns>
    internal bool Lose(string worker)
    {
        int[] there = [.. from attempt in Out where attempt.Value == worker select attempt.Key];
        if (there.Length == 0)
            return false;
        Array.ForEach(there, attempt => Out.Remove(attempt));
        _lostWith.Add(worker);
        return true;
    }
}
