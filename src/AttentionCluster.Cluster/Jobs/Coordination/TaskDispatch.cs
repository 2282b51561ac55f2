namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>
/// Sends as many tasks as the bounds of the job allow: to each worker with room first an overdue one of another worker, then the next
/// one, then, if it would be idle, a speculative one. Blocks without a visible key are written beside them.
/// </summary>
internal sealed class TaskDispatch(JobParts job)
{
    internal void SendAll(TimeSpan now, List<JobEffect> effects)
    {
        bool isAnySent = true;
        while (isAnySent)
        {
            isAnySent = false;
            foreach (string worker in job.Schedule.WithRoom(now))
            {
                if (TaskFor(worker, now) is not { } task)
                    continue;
                effects.Add(Send(task, worker, now));
                isAnySent = true;
            }
        }

        effects.AddRange(job.Empty.Begin().Select(block => new JobEffect.WriteEmpty(block)));
    }

    private TaskId? TaskFor(string worker, TimeSpan now) =>
        job.Schedule.NextOverdue(worker, job.Open.IsWanted, now)
        ?? (job.Attempts.InFlightCount < job.Limits.TasksInFlight ? NextFor(worker, now) : null)
        ?? job.Schedule.NextSpeculative(worker, job.Open.IsWanted, now);

    private TaskId? NextFor(string worker, TimeSpan now)
    {
        int inFlight = job.Attempts.InFlightCount;
        if (!job.Budget.IsShort(inFlight) || job.Open.Count == 0)
            return job.Schedule.Next(worker, job.Open.OfHead, job.Budget.MayOpen(job.Open.Count), now);

        // Memory is short: just the next segment of the block that was begun first, and nothing else of it.
        int oldest = job.Open.First;
        return job.Budget.HasRoom(inFlight) && !job.Attempts.HasInFlight(oldest) ? job.Schedule.NextInOrder(worker, oldest, now) : null;
    }

    private JobEffect.Dispatch Send(TaskId task, string worker, TimeSpan now)
    {
        job.Open.Open(task.Block);
        int attempt = job.Attempts.Begin(task, worker);
        job.Statistics.Sent(task, attempt, job.Schedule.SegmentOf(task), now);
        return new JobEffect.Dispatch(task, attempt, worker);
    }
}
