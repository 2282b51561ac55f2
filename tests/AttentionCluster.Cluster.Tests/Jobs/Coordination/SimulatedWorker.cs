using AttentionCluster.Cluster.Jobs;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>
/// A worker as it answers a coordinator: what it is asked for twice it does once. One object is one process; a name can have several, one
/// after another.
/// </summary>
internal sealed class SimulatedWorker(string name, WorkerCapacity capacity)
{
    private readonly HashSet<(TaskId Task, int Attempt)> _computing = [];
    private readonly Dictionary<(TaskId Task, int Attempt), ulong> _answered = [];
    private readonly HashSet<ulong> _published = [];

    internal string Name => name;

    internal WorkerCapacity Capacity => capacity;

    internal bool IsAlive { get; private set; } = true;

    internal bool IsLeaving { get; set; }

    /// <summary>Whether its coordinator counts on it.</summary>
    internal bool IsKnown { get; set; }

    /// <summary>A task has come.</summary>
    /// <returns>The claim to answer with at once; null when that takes time, or is not to be.</returns>
    internal ulong? Ask((TaskId, int) attempt, out bool begins, out bool isReturned)
    {
        bool isAnswered = _answered.TryGetValue(attempt, out ulong claim) && _published.Contains(claim);
        isReturned = !isAnswered && IsLeaving && !_computing.Contains(attempt);
        begins = !isAnswered && !isReturned && _computing.Add(attempt);
        return isAnswered ? claim : null;
    }

    /// <returns>Whether it still computes a task, and now does not any more.</returns>
    internal bool EndTask((TaskId, int) attempt) => _computing.Remove(attempt);

    internal void Publish((TaskId, int) attempt, ulong claim)
    {
        _answered[attempt] = claim;
        _published.Add(claim);
    }

    internal void Cancel((TaskId, int) attempt)
    {
        _computing.Remove(attempt);
        if (_answered.Remove(attempt, out ulong claim))
            _published.Remove(claim);
    }

    internal bool IsPublished(ulong claim) => _published.Contains(claim);

    internal void Release(ulong claim) => _published.Remove(claim);

    internal void Die()
    {
        IsAlive = false;
        _computing.Clear();
        _published.Clear();
    }
}
