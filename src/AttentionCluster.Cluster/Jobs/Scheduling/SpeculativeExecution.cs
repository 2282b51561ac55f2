namespace AttentionCluster.Cluster.Jobs.Scheduling;

/// <summary>
/// Second attempts at tasks of stragglers: at one that is overdue, for a worker below its low watermark; at one that a slower worker
/// would keep the job waiting for, for an idle worker. The first answer counts. What is overdue may be a lost message too, so that is
/// also repeated.
/// </summary>
internal sealed class SpeculativeExecution(SegmentQueues queues, WorkerLoads workers, TaskExclusions exclusions, CostModel costs)
{
    /// <summary>An overdue task of another worker, for one with little to do.</summary>
    /// <param name="asking">A worker with room.</param>
    /// <param name="isWanted">Whether a task is still to be answered.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when none is worth while.</returns>
    internal (SegmentQueue Queue, TaskId Task)? Overdue(WorkerLoad asking, Predicate<TaskId> isWanted, TimeSpan now) =>
        asking.IsBelowLowWatermark(now) ? Straggler(asking, isWanted, onlyOverdue: true, now) : null;

    /// <summary>A task that another worker has, overdue or not, for one that has nothing else to do.</summary>
    /// <inheritdoc cref="Overdue"/>
    internal (SegmentQueue Queue, TaskId Task)? Speculative(WorkerLoad asking, Predicate<TaskId> isWanted, TimeSpan now) =>
        asking.IsIdle(now) ? Straggler(asking, isWanted, onlyOverdue: false, now) : null;

    /// <summary>Tasks whose message is to be repeated now; each is listed again only after a while.</summary>
    internal IReadOnlyList<(string Worker, TaskId Task)> ToRepeat(TimeSpan now) =>

        [
            .. from worker in workers.All
               from sent in worker.Sent
               where sent.TryRepeat(workers.DeadlineOf(worker, sent), now)
               select (worker.Name, sent.Task),
        ];

    /// <summary>What a worker needs for loading a segment, in operations.</summary>
    internal double LoadFlopsAt(WorkerLoad worker, SegmentQueue queue) => queue.IsReplicatedAt(worker.Name) ? 0 : costs.LoadFlops;

    /// <summary>The task whose worker needs the longest for it, of those that a second attempt gains time for.</summary>
    private (SegmentQueue Queue, TaskId Task)? Straggler(WorkerLoad asking, Predicate<TaskId> isWanted, bool onlyOverdue, TimeSpan now)
    {
        (SegmentQueue Queue, TaskId Task)? best = null;
        TimeSpan longest = TimeSpan.Zero;
        foreach (WorkerLoad slow in workers.All.Where(other => other != asking))
        {
            double ahead = 0;
            foreach (SentTask sent in slow.Sent)
            {
                ahead += sent.Flops;
                bool isOverdue = now - sent.SentAt > workers.DeadlineOf(slow, sent);
                if ((onlyOverdue && !isOverdue) || queues.Find(sent.Segment) is not { } queue)
                    continue;
                TimeSpan left = CostModel.Seconds(ahead / (workers.ThreadSpeedOf(slow) * slow.Capacity.Threads));
                TimeSpan here = CostModel.Seconds((sent.Flops + LoadFlopsAt(asking, queue)) / workers.ThreadSpeedOf(asking));
                if (isOverdue && now - sent.SentAt > left)
                    left = now - sent.SentAt;
                bool isGain = (isOverdue || left > costs.SpeculationGain * here) && left > longest;
                if (isGain && isWanted(sent.Task) && MayTakeToo(asking, sent, queue))
                    (best, longest) = ((queue, sent.Task), left);
            }
        }

        return best;
    }

    private bool MayTakeToo(WorkerLoad asking, SentTask sent, SegmentQueue queue) =>
        workers.CountWith(sent.Task) < costs.WorkersPerTaskMax && !asking.Sent.Any(own => own.Task == sent.Task) && asking.CanHold(queue.Id)
        && exclusions.MayTry(asking, sent.Task);
}
