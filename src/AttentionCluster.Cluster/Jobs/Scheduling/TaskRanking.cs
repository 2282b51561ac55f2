namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>
/// Which task suits a worker best: first those of segments that it is the home of, then those of segments without a home, then, when it
/// has little left to do, those that wait at other homes, of whose segments it then has a replica.
/// </summary>
internal sealed class TaskRanking(SegmentQueues queues, WorkerLoads workers, TaskExclusions exclusions, CostModel costs)
{
    /// <summary>The best of the tasks that wait for one worker, at one time.</summary>
    /// <param name="asking">The worker.</param>
    /// <param name="candidates">The queues to choose from.</param>
    /// <param name="nextOf">The block of a queue's next task; null when it has none that may be sent.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when no task is for this worker now.</returns>
    internal (SegmentQueue Queue, int Block)? Best(
        WorkerLoad asking, IEnumerable<SegmentQueue> candidates, Func<SegmentQueue, int?> nextOf, TimeSpan now)
    {
        var waiting = new Lazy<Dictionary<string, double>>(FlopsWaitingAtHomes);
        (SegmentQueue Queue, int Block)? best = null;
        TaskRank bestRank = TaskRank.Never;
        foreach (SegmentQueue queue in candidates)
        {
            if (queue.IsAwaitingHome || nextOf(queue) is not { } block || !exclusions.MayTry(asking, TaskId.Of(block, queue.Id.Segment)))
                continue;
            TaskRank rank = RankOf(asking, queue, block, waiting, now);
            if (rank.Affinity != Affinity.Never && (best is null || rank.IsBefore(bestRank)) && asking.CanHold(queue.Id))
                (best, bestRank) = ((queue, block), rank);
        }

        return best;
    }

    private TaskRank RankOf(WorkerLoad asking, SegmentQueue queue, int block, Lazy<Dictionary<string, double>> waiting, TimeSpan now)
    {
        if (queue.Home == asking.Name)
            return new TaskRank(Affinity.Home, block, queue.Index);
        bool isReplica = queue.IsReplicatedAt(asking.Name);
        if (queue.Home is null || !exclusions.MayTry(workers[queue.Home], TaskId.Of(block, queue.Id.Segment)))
        {
            return isReplica || queue.Replicas.Count == 0 || asking.IsBelowLowWatermark(now)
                ? new TaskRank(Affinity.Unplaced, block + (isReplica ? 0.0 : 0.5), queue.Index)
                : TaskRank.Never;
        }

        if (!asking.IsBelowLowWatermark(now) || (!isReplica && !IsWorthAReplica(asking, queue.Home, waiting.Value)))
            return TaskRank.Never;
        return new TaskRank(isReplica ? Affinity.Replica : Affinity.NewReplica, -queue.FlopsLeft / (1 + queue.Replicas.Count), queue.Index);
    }

    /// <summary>Whether a home has more left to do than a replica of a segment costs to load.</summary>
    private bool IsWorthAReplica(WorkerLoad asking, string home, Dictionary<string, double> waiting)
    {
        WorkerLoad owner = workers[home];
        double left = (owner.FlopsSent + waiting[home]) / owner.Capacity.Threads;
        return left > costs.LoadFlops + (asking.FlopsSent / asking.Capacity.Threads);
    }

    private Dictionary<string, double> FlopsWaitingAtHomes() => queues.Existing
        .Where(queue => queue.Home is not null)
        .GroupBy(queue => queue.Home!, queue => queue.FlopsLeft, StringComparer.Ordinal)
        .ToDictionary(home => home.Key, home => home.Sum(), StringComparer.Ordinal);
}
