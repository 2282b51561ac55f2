using System.Diagnostics.CodeAnalysis;

namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>The attempts at all tasks that were sent and are not merged.</summary>
internal sealed class TaskAttempts
{
    /// <summary>Tasks that a worker has, or whose partial has come and is not merged.</summary>
    private readonly Dictionary<TaskId, AttemptLog> _inFlight = [];

    /// <summary>Tasks that wait to be sent again.</summary>
    private readonly Dictionary<TaskId, AttemptLog> _pendingRetry = [];

    /// <summary>How many tasks are in flight.</summary>
    internal int InFlightCount => _inFlight.Count;

    /// <summary>Attempts that were not the first at their task.</summary>
    internal int Retries { get; private set; }

    /// <summary>Whether a task of a block is in flight.</summary>
    internal bool HasInFlight(int block) => _inFlight.Keys.Any(task => task.Block == block);

    internal bool TryGetInFlight(TaskId task, [NotNullWhen(true)] out AttemptLog? log) => _inFlight.TryGetValue(task, out log);

    /// <summary>A task that is in flight.</summary>
    internal AttemptLog this[TaskId task] => _inFlight[task];

    /// <summary>A task is sent to a worker.</summary>
    /// <returns>The number of the attempt, from 1.</returns>
    internal int Begin(TaskId task, string worker)
    {
        if (!_inFlight.TryGetValue(task, out AttemptLog? log))
        {
            log = _pendingRetry.Remove(task, out AttemptLog? pending) ? pending : new AttemptLog();
            _inFlight.Add(task, log);
        }

        int attempt = ++log.Attempts;
        if (attempt > 1)
            Retries++;
        log.Unanswered.Add(attempt, worker);
        return attempt;
    }

    /// <summary>Takes an answer to an attempt.</summary>
    /// <returns>Whether it was awaited.</returns>
    internal bool TryAnswer(TaskId task, int attempt, [NotNullWhen(true)] out AttemptLog? log) =>
        _inFlight.TryGetValue(task, out log) && log.Unanswered.Remove(attempt);

    /// <summary>The attempt that a worker has not answered yet.</summary>
    internal int AttemptAt(TaskId task, string worker) => _inFlight[task].Unanswered.First(attempt => attempt.Value == worker).Key;

    /// <summary>A task waits to be sent again.</summary>
    internal void Requeue(TaskId task)
    {
        _inFlight.Remove(task, out AttemptLog? log);
        _pendingRetry.Add(task, log!);
    }

    /// <summary>The partial of a task has been merged.</summary>
    internal void Finish(TaskId task) => _inFlight.Remove(task);
}
