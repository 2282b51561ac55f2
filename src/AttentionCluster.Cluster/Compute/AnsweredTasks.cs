using Akka.Actor;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Compute;

/// <summary>
/// Answers whose partials may still wait to be pulled, with those who have got them: an answer may be lost, and is asked for again.
/// </summary>
internal sealed class AnsweredTasks(IDataPlane dataPlane)
{
    private readonly Dictionary<TaskKey, (TaskDone Done, IActorRef Coordinator)> _answered = [];

    internal void Add(TaskKey task, TaskDone done, IActorRef coordinator) => _answered[task] = (done, coordinator);

    /// <summary>The answer for who asks again.</summary>
    /// <returns>Null when there is none, or its partial waits no more.</returns>
    internal TaskDone? FindFor(IActorRef coordinator, TaskKey task)
    {
        if (!_answered.TryGetValue(task, out (TaskDone Done, IActorRef) answered)
            || !dataPlane.IsPublished(answered.Done.Partial.ToClaim()))
            return null;
        _answered[task] = (answered.Done, coordinator);
        return answered.Done;
    }

    /// <summary>Forgets answers whose partials wait no more.</summary>
    internal void Prune()
    {
        foreach ((TaskKey task, (TaskDone done, _)) in _answered)
        {
            if (!dataPlane.IsPublished(done.Partial.ToClaim()))
                _answered.Remove(task);
        }
    }

    /// <summary>Nobody wants this partial.</summary>
    internal void Release(TaskKey task)
    {
        if (_answered.Remove(task, out (TaskDone Done, IActorRef) answered))
            dataPlane.Release(answered.Done.Partial.ToClaim());
    }

    /// <summary>Nobody wants what a coordinator has got of this.</summary>
    /// <returns>The jobs of these tasks.</returns>
    internal IReadOnlyCollection<string> ReleaseAllOf(IActorRef coordinator)
    {
        TaskKey[] tasks = [.. _answered.Where(task => task.Value.Coordinator.Equals(coordinator)).Select(task => task.Key)];
        Array.ForEach(tasks, Release);
        return [.. tasks.Select(task => task.Job)];
    }

    /// <summary>Forgets the answers of a job; their partials are withdrawn with the job's others.</summary>
    internal void Forget(string job)
    {
        foreach (TaskKey task in _answered.Keys.Where(task => task.Job == job).ToArray())
            _answered.Remove(task);
    }
}
