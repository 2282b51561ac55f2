using System.Collections.Concurrent;

namespace AttentionCluster.Server.Jobs;

/// <summary>How jobs leave: their files, and what is journaled of them.</summary>
internal sealed partial class JobBoard
{
    /// <summary>Emptied jobs whose journal is being removed.</summary>
    private readonly ConcurrentDictionary<string, byte> _forgetting = new(StringComparer.Ordinal);

    /// <summary>Deletes the files of forgotten jobs.</summary>
    private void Discard(IReadOnlyList<Job> jobs)
    {
        foreach (Job job in jobs)
        {
            // While something is journaled of it the folder stays, or a death now would leave that for ever.
            bool isJournaled = job.Record is not null && !job.IsForgotten;
            lock (job.FilesLock)
            {
                job.IsDiscarded = true;
                _unwritten.TryRemove(job.Id, out _);
                Try(() => Remove(job.Id, isJournaled), job.Id, LogNotDeleted);
            }

            ReturnKey(job.IdempotencyKey, job.Id);
            job.Dispose();
        }

        ForgetEmptied();
    }

    private void Remove(string job, bool isJournaled)
    {
        if (isJournaled)
            Folders.Empty(job);
        else
            Folders.Delete(job);
    }

    /// <summary>Has what is journaled of emptied jobs removed, here and of processes that are no more; then their folders go.</summary>
    private void ForgetEmptied()
    {
        foreach (string id in Folders.Emptied)
        {
            if (_forgetting.TryAdd(id, 0))
                _ = ForgetEmptiedAsync(id);
        }
    }

    private async Task ForgetEmptiedAsync(string id)
    {
        try
        {
            if (await runner.ForgetAsync(id).ConfigureAwait(false))
                Try(() => Folders.DeleteEmptied(id), id, LogNotDeleted);
        }
        finally
        {
            // What is not done is taken up by the next look.
            _forgetting.TryRemove(id, out _);
        }
    }

    private async Task ForgetAsync(Job job) => job.IsForgotten = await runner.ForgetAsync(job.Id).ConfigureAwait(false);
}
