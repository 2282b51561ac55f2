using Akka.Actor;
using AttentionCluster.Cluster.Journal;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>The entities of jobs, for those that are no actors.</summary>
/// <param name="jobs">Their supervisor.</param>
/// <param name="clock">The clock.</param>
internal sealed class JobJournal(IActorRef jobs, TimeProvider clock)
{
    /// <summary>How long an answer may take; after that it is asked for again.</summary>
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>What is journaled of a job.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="patience">How long it is asked for while the journal is in trouble.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>Null when the journal could not be read all that time.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal async Task<JobHistory?> OpenAsync(string job, TimeSpan patience, CancellationToken cancellationToken)
    {
        long begin = clock.GetTimestamp();
        while (patience - clock.GetElapsedTime(begin) is { Ticks: > 0 } left)
        {
            try
            {
                TimeSpan timeout = left < s_answerTimeout ? left : s_answerTimeout;
                return await jobs.Ask<JobHistory>(new JobEntity.Open(job), timeout, cancellationToken).ConfigureAwait(false);
            }
            catch (AskTimeoutException)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        return null;
    }

    /// <summary>Has what is missing computed; <see cref="JobRun.End"/> tells of the end.</summary>
    internal void Run(string owner, JobRun work, bool isAnew) => jobs.Tell(new JobEntity.Run(owner, work.Request.Id, work, isAnew));

    internal void Cancel(string job) => jobs.Tell(new JobEntity.Cancel(job));

    /// <summary>
    /// Journals what was written of a job that has been stopped, while its result is still open. What can't be is computed again.
    /// </summary>
    internal async Task SettleAsync(string job)
    {
        try
        {
            await jobs.Ask<JobEntity.Answer>(new JobEntity.Settle(job), s_answerTimeout).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
        }
    }

    /// <summary>Removes what is journaled of a job that has ended, however long that takes.</summary>
    /// <exception cref="IOException">It is not removed yet.</exception>
    internal async Task ForgetAsync(string job)
    {
        try
        {
            await jobs.Ask<JobEntity.Answer>(new JobEntity.Forget(job), s_answerTimeout).ConfigureAwait(false);
        }
        catch (AskTimeoutException problem)
        {
            throw new IOException(
                $"what is journaled of job {job} is not removed within {s_answerTimeout.TotalSeconds:0} s; "
                + "it is tried again while this process runs",
                problem);
        }
    }
}
