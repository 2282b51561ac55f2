namespace AttentionCluster.Server.Jobs;

/// <summary>
/// Which jobs wait and which run: events in, the jobs to start out; no thread, no clock and no bytes. Jobs start in the order in which
/// they were accepted, but a small one may overtake large ones into the running place that large ones can't have. It overtakes
/// nowhere else, so a large job waits for no more small ones than were there before it.
/// </summary>
internal sealed class JobQueue(QueueLimits limits)
{
    private static readonly string[] Nothing = [];

    private readonly Dictionary<JobKind, int> _reserved = new() { [JobKind.Stored] = 0, [JobKind.Call] = 0 };
    private readonly List<Waiting> _waiting = [];
    private readonly Dictionary<string, bool> _runningIsLarge = new(StringComparer.Ordinal);

    /// <summary>Jobs that wait, the first accepted first.</summary>
    internal IEnumerable<string> WaitingIds => _waiting.Select(job => job.Id);

    /// <summary>Jobs that run.</summary>
    internal int RunningCount => _runningIsLarge.Count;

    /// <summary>Whether all places are taken.</summary>
    internal bool IsFull(JobKind kind) => _reserved[kind] + _waiting.Count(job => job.Kind == kind) >= limits.PlacesFor(kind);

    /// <summary>Takes a place for a job whose body is to arrive.</summary>
    /// <returns>False when all places are taken.</returns>
    internal bool TryReserve(JobKind kind)
    {
        if (IsFull(kind))
            return false;
        _reserved[kind]++;
        return true;
    }

    /// <summary>Gives back a place whose body did not arrive.</summary>
    internal void Release(JobKind kind) => _reserved[kind]--;

    /// <summary>A reserved place's job is complete and waits from now on.</summary>
    /// <returns>The jobs to start.</returns>
    internal IReadOnlyList<string> Enqueue(string id, JobKind kind, double work)
    {
        _reserved[kind]--;
        _waiting.Add(new Waiting(id, kind, work > limits.SmallWorkMax));
        return StartMore();
    }

    /// <summary>A job that was accepted elsewhere waits here from now on, whether there is a place or not.</summary>
    /// <returns>The jobs to start.</returns>
    internal IReadOnlyList<string> TakeOver(string id, double work)
    {
        _reserved[JobKind.Stored]++;
        return Enqueue(id, JobKind.Stored, work);
    }

    /// <summary>A waiting job is not wanted any more.</summary>
    /// <returns>Whether it was waiting. Nothing can start in its stead: what could had started before.</returns>
    internal bool Remove(string id) => _waiting.RemoveAll(job => job.Id == id) > 0;

    /// <summary>A running job has ended.</summary>
    /// <returns>The jobs to start.</returns>
    internal IReadOnlyList<string> End(string id) => _runningIsLarge.Remove(id) ? StartMore() : Nothing;

    /// <summary>1 for the waiting job that was accepted first; null when it does not wait.</summary>
    internal int? PositionOf(string id)
    {
        int at = _waiting.FindIndex(job => job.Id == id);
        return at < 0 ? null : at + 1;
    }

    private List<string> StartMore()
    {
        var started = new List<string>();
        while (_runningIsLarge.Count < limits.RunningMax)
        {
            bool roomForLarge = _runningIsLarge.Values.Count(isLarge => isLarge) < limits.LargeRunningMax;
            int next = _waiting.FindIndex(job => roomForLarge || !job.IsLarge);
            if (next < 0)
                break;
            Waiting job = _waiting[next];
            _waiting.RemoveAt(next);
            _runningIsLarge.Add(job.Id, job.IsLarge);
            started.Add(job.Id);
        }

        return started;
    }

    private sealed record Waiting(string Id, JobKind Kind, bool IsLarge);
}
