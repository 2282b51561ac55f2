using Akka.Actor;
using AttentionCluster.Cluster.Jobs;

namespace AttentionCluster.Cluster.Journal;

/// <summary>The entities of jobs, for those that are no actors.</summary>
/// <param name="jobs">Their shard region.</param>
internal sealed class JobJournal(IActorRef jobs)
{
    /// <summary>How long an answer may take; after that it is asked for again, because a journal that was away may be back.</summary>
    private static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How often: some two minutes in all.</summary>
    private const int AsksMax = 12;

    /// <summary>Has an entity made, and ended, that stands for no job: with it come the owner's shard, and the journal.</summary>
    internal async Task PrepareAsync(string owner)
    {
        try
        {
            await ForgetAsync(owner, owner).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The first job will see.
        }
    }

    /// <summary>What is journaled of a job.</summary>
    /// <exception cref="TimeoutException">The journal can't be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal async Task<JobHistory> OpenAsync(string owner, string job, CancellationToken cancellationToken)
    {
        for (int asks = 1; ; asks++)
        {
            try
            {
                return await jobs.Ask<JobHistory>(new JobEntity.Open(owner, job), s_answerTimeout, cancellationToken).ConfigureAwait(false);
            }
            catch (AskTimeoutException) when (asks < AsksMax)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (AskTimeoutException problem)
            {
                throw new TimeoutException($"the journal did not answer within {s_answerTimeout * asks}", problem);
            }
        }
    }

    /// <summary>Has what is missing computed; <see cref="JobRun.End"/> tells of the end.</summary>
    internal void Run(string owner, JobRun work, bool isAnew) => jobs.Tell(new JobEntity.Run(owner, work.Request.Id, work, isAnew));

    internal void Cancel(string owner, string job) => jobs.Tell(new JobEntity.Cancel(owner, job));

    /// <summary>Journals what was written of a job that has been stopped, while its result is still open. What can't be is computed again.</summary>
    internal async Task SettleAsync(string owner, string job)
    {
        try
        {
            await jobs.Ask<JobEntity.Answer>(new JobEntity.Settle(owner, job), s_answerTimeout).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
        }
    }

    /// <summary>Removes what is journaled of a job that has ended.</summary>
    /// <exception cref="IOException">It can't be removed now.</exception>
    internal async Task ForgetAsync(string owner, string job)
    {
        Exception? failure;
        try
        {
            failure = (await jobs.Ask<JobEntity.Answer>(new JobEntity.Forget(owner, job), s_answerTimeout).ConfigureAwait(false)).Failure;
        }
        catch (AskTimeoutException problem)
        {
            failure = problem;
        }

        if (failure is not null)
            throw new IOException($"what is journaled of job {job} can't be removed: {failure.Message}", failure);
    }
}
