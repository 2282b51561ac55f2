using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Jobs.Reporting;

/// <summary>The loss of one worker, and how the job recovers from it.</summary>
/// <param name="name">The worker.</param>
/// <param name="at">When the loss was noticed.</param>
/// <param name="silent">For how long nothing had been heard of it then.</param>
/// <param name="pullsFailed">Partials that could not be pulled from it.</param>
/// <param name="tasks">The tasks that it had.</param>
/// <param name="homes">The segments that it was the home of.</param>
internal sealed class WorkerLoss(
    string name, TimeSpan at, TimeSpan silent, int pullsFailed, HashSet<TaskId> tasks, HashSet<SegmentId> homes)
{
    private readonly HashSet<SegmentId> _homeless = [.. homes];
    private int _recomputed = pullsFailed;
    private TimeSpan? _elsewhereAfter;
    private TimeSpan? _newHomesAfter;

    /// <summary>A task is sent to another worker.</summary>
    internal void Sent(TaskId task, SegmentId segment, TimeSpan now)
    {
        bool wasItsTask = tasks.Remove(task);
        if (wasItsTask)
            _recomputed++;
        if (wasItsTask || homes.Contains(segment))
            _elsewhereAfter ??= now - at;
    }

    /// <summary>A segment has a home.</summary>
    internal void Placed(SegmentId segment, TimeSpan now)
    {
        if (_homeless.Remove(segment) && _homeless.Count == 0)
            _newHomesAfter = now - at;
    }

    internal LostWorker ToReport() =>
        new(name, at.TotalSeconds, silent.TotalSeconds, _recomputed, _elsewhereAfter?.TotalSeconds, _newHomesAfter?.TotalSeconds);
}
