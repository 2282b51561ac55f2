namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>The attempts at one task.</summary>
internal sealed class AttemptLog
{
    private readonly HashSet<string> _lostWith = new(StringComparer.Ordinal);

    /// <summary>How often the task was sent.</summary>
    internal int Attempts { get; set; }

    /// <summary>Where its computation has failed, one entry for each time.</summary>
    internal List<string> FailedAt { get; } = [];

    /// <summary>Attempts that are not answered, and their workers.</summary>
    internal Dictionary<int, string> Unanswered { get; } = [];

    /// <summary>The workers that had the task when they were lost: it may be what ends them.</summary>
    internal IReadOnlyCollection<string> LostWith => _lostWith;

    /// <summary>A worker was lost.</summary>
    /// <returns>Whether it had the task.</returns>
    internal bool Lose(string worker)
    {
        int[] there = [.. from attempt in Unanswered where attempt.Value == worker select attempt.Key];
        if (there.Length == 0)
            return false;
        Array.ForEach(there, attempt => Unanswered.Remove(attempt));
        _lostWith.Add(worker);
        return true;
    }
}
