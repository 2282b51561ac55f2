using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Jobs;

/// <summary>
/// How the end of a job is written down, in this order: the record with the end; then what the end could be had from again goes, the input,
/// and after it what is journaled. So a process that dies in between leaves either all that leads to the same end, or the end itself.
/// Removals have an order of their own: the record, the rest of the folder, then the key (see
/// <see cref="Cluster.Store.JobFolders.Delete"/>).
/// </summary>
/// <remarks>
/// A job whose end the disk does not take is shown as ended all the same: whoever waits for it needs no disk of this node, and with input,
/// result and journal in their places the next process gets to the same end from them. It is written as soon as there is room.
/// </remarks>
internal sealed partial class JobBoard
{
    /// <summary>Ends that are not on the disk yet.</summary>
    private readonly ConcurrentDictionary<string, (Job Job, JobStatus Status, DateTimeOffset Ended)> _unwritten =
        new(StringComparer.Ordinal);

    /// <returns>Whether it is on the disk; otherwise it is tried again.</returns>
    private bool WriteEnd(Job job, JobStatus status, DateTimeOffset ended)
    {
        lock (job.FilesLock)
        {
            if (job.IsDiscarded)
                return true;
            if (job.Record is not null)
            {
                // Rows that nobody will read take room that the record may need; a process that finds the job without them computes them
                // again.
                if (status.Result is null)
                    Try(() => Folders.DeleteResult(job.Id), job.Id, LogNotDeleted);
                try
                {
                    Folders.Save(JobArchive.Record(job.Record, status, ended));
                }
                catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
                {
                    if (_unwritten.TryAdd(job.Id, (job, status, ended)))
                        LogNotSaved(job.Id, problem);
                    return false;
                }

                _unwritten.TryRemove(job.Id, out _);
            }

            Try(() => DeleteWhatIsLeft(job, status), job.Id, LogNotDeleted);
        }

        if (job.Record is not null)
            _ = ForgetAsync(job);
        return true;
    }

    /// <summary>Tries the ends again that the disk did not take.</summary>
    private void WriteEnds()
    {
        foreach ((Job job, JobStatus status, DateTimeOffset ended) in _unwritten.Values)
        {
            // What is not shown as ended yet is not in the budget yet.
            if (!job.Status.HasEnded || !WriteEnd(job, status, ended))
                continue;
            lock (_lock)
                _budget.Shrink(job.Id, status.Result?.Bytes ?? 0);
        }
    }

    private void DeleteWhatIsLeft(Job job, JobStatus status)
    {
        if (job.Kind == JobKind.Call && status.Result is null)
            Folders.Delete(job.Id);
        else if (status.Result is null)
            Folders.DeleteTensors(job.Id);
        else
            Folders.DeleteInput(job.Id);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The end of job {Job} can't be written down now: all its files are kept, and it is "
        + "tried again every second")]
    private partial void LogNotSaved(string job, Exception problem);
}
