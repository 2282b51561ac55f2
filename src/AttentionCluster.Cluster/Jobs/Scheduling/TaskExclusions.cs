namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>Where tasks have failed: another worker is to try them, if there is one.</summary>
internal sealed class TaskExclusions(WorkerLoads workers)
{
    private readonly Dictionary<TaskId, HashSet<string>> _failedAt = [];

    /// <summary>A task has failed at a worker.</summary>
    internal void Exclude(TaskId task, string worker)
    {
        if (!_failedAt.TryGetValue(task, out HashSet<string>? excluded))
            _failedAt.Add(task, excluded = new HashSet<string>(StringComparer.Ordinal));
        excluded.Add(worker);
    }

    /// <summary>Whether a worker may get a task: it did not fail there, or it failed everywhere.</summary>
    internal bool MayTry(WorkerLoad asking, TaskId task) =>
        !_failedAt.TryGetValue(task, out HashSet<string>? failedAt) || !failedAt.Contains(asking.Name)
        || workers.All.All(worker => worker.IsLeaving || failedAt.Contains(worker.Name));
}
