using AttentionCluster.Core.Reports;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>
/// What became of a job's workers, for its report: who was lost, what that cost and how soon others went on; who came, and how soon it helped. Times
/// are since the job's start.
/// </summary>
internal sealed class WorkerHistory
{
    /// <summary>Workers that come later than this were not there when the job began.</summary>
    private static readonly TimeSpan s_beginning = TimeSpan.FromSeconds(2);

    private readonly List<Loss> _losses = [];
    private readonly List<Arrival> _arrivals = [];
    private readonly Dictionary<string, TimeSpan> _heardAt = new(StringComparer.Ordinal);

    /// <summary>Partials that could not be pulled from a worker of which nothing was heard since.</summary>
    private readonly Dictionary<string, int> _unpulled = new(StringComparer.Ordinal);

    internal void Up(string worker, TimeSpan now)
    {
        _heardAt[worker] = now;
        if (now > s_beginning)
            _arrivals.Add(new Arrival(worker, now));
    }

    /// <summary>A worker is gone.</summary>
    /// <param name="worker">Its name.</param>
    /// <param name="tasks">What it had.</param>
    /// <param name="homes">The segments that it was the home of.</param>
    /// <param name="now">The time.</param>
    internal void Gone(string worker, IEnumerable<TaskId> tasks, IEnumerable<SegmentId> homes, TimeSpan now)
    {
        _heardAt.Remove(worker, out TimeSpan heard);
        _unpulled.Remove(worker, out int unpulled);
        _losses.Add(new Loss(worker, now, now - heard, unpulled, [.. tasks], [.. homes]));
    }

    /// <summary>A task is sent to a worker.</summary>
    internal void Sent(TaskId task, SegmentId segment, TimeSpan now)
    {
        foreach (Loss loss in _losses)
            loss.Sent(task, segment, now);
    }

    /// <summary>A worker has answered with a partial.</summary>
    /// <param name="worker">Its name.</param>
    /// <param name="startedAt">When it began to compute that.</param>
    /// <param name="now">The time.</param>
    internal void Done(string worker, TimeSpan startedAt, TimeSpan now)
    {
        _heardAt[worker] = now;
        _unpulled.Remove(worker);
        foreach (Arrival arrival in _arrivals)
        {
            if (arrival.Name == worker)
                arrival.FirstTaskAt ??= startedAt;
        }
    }

    /// <summary>A partial could not be pulled from a worker.</summary>
    internal void Unpulled(string worker) => _unpulled[worker] = _unpulled.GetValueOrDefault(worker) + 1;

    /// <summary>A segment has a home.</summary>
    internal void Located(SegmentId segment, TimeSpan now)
    {
        foreach (Loss loss in _losses)
            loss.Located(segment, now);
    }

    internal IReadOnlyList<LostWorker> Lost() => [.. _losses.Select(loss => loss.ToReport())];

    internal IReadOnlyList<JoinedWorker> Joined() =>
        [.. _arrivals.Select(arrival => new JoinedWorker(
            arrival.Name, arrival.At.TotalSeconds,
            arrival.FirstTaskAt is { } first ? Math.Max(0, (first - arrival.At).TotalSeconds) : null))];

    private sealed class Arrival(string name, TimeSpan at)
    {
        internal string Name => name;

        internal TimeSpan At => at;

        internal TimeSpan? FirstTaskAt { get; set; }
    }

    private sealed class Loss(string name, TimeSpan at, TimeSpan silent, int unpulled, HashSet<TaskId> tasks, HashSet<SegmentId> homes)
    {
        private readonly HashSet<SegmentId> _homeless = [.. homes];
        private int _recomputed = unpulled;
        private TimeSpan? _elsewhere;
        private TimeSpan? _newHome;

        internal void Sent(TaskId task, SegmentId segment, TimeSpan now)
        {
            bool wasItsTask = tasks.Remove(task);
            if (wasItsTask)
                _recomputed++;
            if (wasItsTask || homes.Contains(segment))
                _elsewhere ??= now - at;
        }

        internal void Located(SegmentId segment, TimeSpan now)
        {
            if (_homeless.Remove(segment) && _homeless.Count == 0)
                _newHome = now - at;
        }

        internal LostWorker ToReport() =>
            new(name, at.TotalSeconds, silent.TotalSeconds, _recomputed, _elsewhere?.TotalSeconds, _newHome?.TotalSeconds);
    }
}
