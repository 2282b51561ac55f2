using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs.Reduction;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Core;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>What becomes of the attempts at tasks: partials, failures, losses. Methods tell whether other tasks may be sent now.</summary>
internal sealed class TaskOutcomes(JobParts job)
{
    /// <summary>A worker has a partial. The first answer to a task counts.</summary>
    internal bool Done(JobEvent.TaskDone done, TimeSpan now, List<JobEffect> effects)
    {
        (TaskId task, int attempt, string worker, Claim claim, TaskMeasurements measured) = done;
        job.Statistics.Answered(task, attempt, worker, measured, now);
        if (!job.Open.TryGet(task.Block, out BlockReduction? block))
        {
            effects.Add(new JobEffect.Discard(claim));
            return false;
        }

        if (!block.TryHear(claim))
            return false;
        if (!job.Attempts.TryGetInFlight(task, out AttemptLog? log))
        {
            Waste(task, claim, effects);
            return false;
        }

        if (log.Unanswered.Remove(attempt))
            job.Schedule.Answered(worker, task, measured.KernelSeconds, now);
        if (!block.TryArrive(task.Node, claim))
        {
            Waste(task, claim, effects);
            return true;
        }

        job.Progress.Advance(now);
        effects.Add(new JobEffect.Pull(task, claim));
        CancelOthers(task, log, now, effects);
        return true;
    }

    /// <summary>A worker could not compute a task.</summary>
    internal bool Failed(JobEvent.TaskFailed failed, TimeSpan now, List<JobEffect> effects)
    {
        (TaskId task, int attempt, string worker, string reason, bool isTransient) = failed;
        if (!job.Attempts.TryAnswer(task, attempt, out AttemptLog? log))
            return false;
        job.Schedule.Forget(worker, task, now);
        if (isTransient)
        {
            FailedTransiently(task, log, worker, reason, now);
            return true;
        }

        log.FailedAt.Add(worker);
        if (log.FailedAt.Count >= job.Limits.AttemptsMax)
        {
            string workers = string.Join(", ", log.FailedAt.Distinct());
            effects.Add(Fail($"{Words(task)} failed {log.FailedAt.Count} times, on {workers}, the last time: {reason}"));
            return false;
        }

        Requeue(task, log, failedAt: worker);
        return true;
    }

    /// <summary>A worker that leaves has not computed a task: as if it had never been sent.</summary>
    internal bool Returned(JobEvent.TaskReturned returned, TimeSpan now)
    {
        if (!job.Attempts.TryAnswer(returned.Task, returned.Attempt, out AttemptLog? log))
            return false;
        job.Schedule.Forget(returned.Worker, returned.Task, now);
        job.Schedule.StopSending(returned.Worker);
        Requeue(returned.Task, log, failedAt: null, isRecomputed: false);
        return true;
    }

    /// <summary>A partial could not be pulled: it is not wanted any more, and its task must be computed again.</summary>
    internal bool PullFailed(JobEvent.PullFailed failed, TimeSpan now, List<JobEffect> effects)
    {
        job.Statistics.WorkerHistory.PullFailed(failed.Worker);
        effects.Add(new JobEffect.Discard(job.Open[failed.Task.Block].Forget(failed.Task.Node)));
        FailedTransiently(failed.Task, job.Attempts[failed.Task], failed.Worker, failed.Reason, now);
        return true;
    }

    /// <summary>A worker was lost with the tasks that it had.</summary>
    internal bool Lost(string worker, IReadOnlyList<TaskId> tasks, List<JobEffect> effects)
    {
        foreach (TaskId task in tasks)
        {
            if (!job.Attempts.TryGetInFlight(task, out AttemptLog? log) || !log.Lose(worker))
                continue;
            if (log.LostWith.Count >= job.Limits.LossesMax)
            {
                string workers = string.Join(", ", log.LostWith);
                effects.Add(Fail($"{Words(task)} was with {log.LostWith.Count} workers as they were lost, and may be why: {workers}"));
                return false;
            }

            Requeue(task, log, failedAt: null);
        }

        return true;
    }

    private void FailedTransiently(TaskId task, AttemptLog log, string worker, string reason, TimeSpan now)
    {
        job.Progress.NoteFailure(worker, reason);
        job.Schedule.BackOff(worker, now);
        Requeue(task, log, failedAt: null);
    }

    /// <summary>A task waits to be sent again, unless another worker has it or its partial has arrived.</summary>
    private void Requeue(TaskId task, AttemptLog log, string? failedAt, bool isRecomputed = true)
    {
        if (log.Unanswered.Count > 0 || !job.Open.IsWanted(task))
            return;
        job.Attempts.Requeue(task);
        if (isRecomputed)
            job.Statistics.Recomputed(job.TilesOf(task));
        job.Schedule.Requeue(task, failedAt);
    }

    private void CancelOthers(TaskId task, AttemptLog log, TimeSpan now, List<JobEffect> effects)
    {
        foreach ((int attempt, string worker) in log.Unanswered)
        {
            job.Schedule.Forget(worker, task, now);
            effects.Add(new JobEffect.Cancel(task, attempt, worker));
        }

        log.Unanswered.Clear();
    }

    private void Waste(TaskId task, Claim claim, List<JobEffect> effects)
    {
        job.Statistics.Recomputed(job.TilesOf(task));
        effects.Add(new JobEffect.Discard(claim));
    }

    private static string Words(TaskId task) => FormattableString.Invariant($"query block {task.Block} against segment {task.Node}");

    private static JobEffect.Fail Fail(string reason) =>
        new(new Refusal(ErrorCode.TaskFailed, reason));
}
