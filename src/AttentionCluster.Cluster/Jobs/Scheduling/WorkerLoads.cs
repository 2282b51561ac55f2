using System.Diagnostics.CodeAnalysis;

namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>The workers of one job, those that leave too.</summary>
internal sealed class WorkerLoads(CostModel costs)
{
    private readonly Dictionary<string, WorkerLoad> _workers = new(StringComparer.Ordinal);

    internal IReadOnlyCollection<WorkerLoad> All => _workers.Values;

    internal WorkerLoad this[string name] => _workers[name];

    internal bool TryGet(string name, [NotNullWhen(true)] out WorkerLoad? worker) => _workers.TryGetValue(name, out worker);

    /// <summary>A worker takes tasks: a new one, or one that was about to leave.</summary>
    internal void Add(string name, WorkerCapacity capacity)
    {
        if (!_workers.TryGetValue(name, out WorkerLoad? known))
            _workers.Add(name, new WorkerLoad(name, capacity));
        else
            known.IsLeaving = false;
    }

    internal void Remove(string name) => _workers.Remove(name);

    /// <summary>Workers that can take a task, the one with the least to do first.</summary>
    internal IReadOnlyList<string> WithRoom(TimeSpan now) =>
    [
        .. from worker in _workers.Values
           where worker.HasRoom(now)
           orderby (double)worker.Sent.Count / worker.Capacity.Threads
           select worker.Name,
    ];

    /// <summary>The tasks that a worker has.</summary>
    internal IReadOnlyList<TaskId> TasksAt(string name) =>
        _workers.TryGetValue(name, out WorkerLoad? worker) ? [.. worker.Sent.Select(sent => sent.Task)] : [];

    /// <summary>How many workers have a task.</summary>
    internal int CountWith(TaskId task) => _workers.Values.Count(worker => worker.Sent.Any(sent => sent.Task == task));

    /// <summary>The longest time that one of the workers that are there had no task, after its first one.</summary>
    internal TimeSpan LongestIdle(TimeSpan now) => _workers.Values.Select(worker => worker.LongestIdle(now)).DefaultIfEmpty().Max();

    /// <summary>The speed of one of a worker's threads: as measured, or else that of the others.</summary>
    internal double ThreadSpeedOf(WorkerLoad worker) => worker.ThreadSpeed
        ?? _workers.Values.Select(other => other.ThreadSpeed).Where(speed => speed is not null).Average() ?? costs.UnknownThreadSpeed;

    /// <summary>How long a task may take at its worker before it is overdue.</summary>
    internal TimeSpan DeadlineOf(WorkerLoad worker, SentTask task) =>
        CostModel.Deadline(task.ExpectedSeconds(ThreadSpeedOf(worker), worker.Capacity.Threads));
}
