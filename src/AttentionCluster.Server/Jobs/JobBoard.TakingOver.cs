using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Jobs;

/// <summary>How jobs come from gateways that are no more, and go to those that come next.</summary>
internal sealed partial class JobBoard
{
    /// <summary>How often the locks of other gateways are tried.</summary>
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromSeconds(1);

    /// <summary>Held while jobs are taken over, so that each is loaded once.</summary>
    private readonly Lock _takingOver = new();

    /// <summary>
    /// Jobs that are this gateway's, and could not be loaded yet: descriptors were used up, for example. Each look tries again.
    /// </summary>
    private readonly List<JobRecord> _notLoaded = [];

    /// <summary>Those of them that the log has named.</summary>
    private readonly HashSet<string> _toldOf = new(StringComparer.Ordinal);

    private Task? _stopped;

    /// <summary>The job of this id, if this gateway has it, or may have it because the one that had it is no more.</summary>
    /// <param name="id">The id.</param>
    /// <param name="isElsewhere">Whether another gateway of this store has it.</param>
    internal Job? Find(string id, out bool isElsewhere)
    {
        isElsewhere = false;
        if (Find(id) is { } here)
            return here;
        if (Folders.OwnerOfJob(id) is null)
            return null;
        TakeOver();
        Job? taken = Find(id);
        isElsewhere = taken is null && Folders.OwnerOfJob(id) is not null;
        return taken;
    }

    private void Look()
    {
        WriteEnds();
        TakeOver();
    }

    /// <summary>Goes on with the jobs of gateways that are no more.</summary>
    private void TakeOver()
    {
        lock (_takingOver)
        {
            if (_isStopping)
                return;
            try
            {
                _notLoaded.AddRange(Folders.TakeOver(LogNotTakenOver));
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                LogNotLookedAt(problem);
            }

            foreach (JobRecord record in _notLoaded.ToArray())
                Try(() => Load(record), record.Id, LogOnceNotTakenOver);
            ForgetEmptied();
        }
    }

    /// <exception cref="IOException">It can't be loaded now.</exception>
    private void Load(JobRecord record)
    {
        Job job = JobArchive.Load(record, Folders, clock);
        _notLoaded.Remove(record);
        _toldOf.Remove(record.Id);
        if (record.IdempotencyKey is { } key)
            Try(() => Folders.Keys.Claim(key, record.Id), record.Id, LogKeyNotWritten);
        Add(job);
    }

    private void Add(Job job)
    {
        bool isLost = job.Status.HasEnded && job.Record!.State is null;
        lock (_lock)
        {
            _jobs.Add(job.Id, job);
            if (job.IdempotencyKey is not null)
                _keys.TryAdd(job.IdempotencyKey, job);
            _budget.TakeOver(job.Size.TotalBytes);
            if (job.Record!.State is not null)
            {
                _budget.Keep(job.Id, job.Size.TotalBytes, Now - JobArchive.Age(job.Record.Ended ?? job.Created, clock));
            }
            else if (!isLost)
            {
                _promisedBytes += job.Size.ResultBytes;
                Start(_queue.TakeOver(job.Id, job.Size.Work));
            }
        }

        if (isLost)
            End(job, job.Status);
        else if (job.Record.State is not null && job.Status.Error?.Code != ErrorCode.RecordDamaged)
            Try(() => DeleteWhatIsLeft(job, job.Status), job.Id, LogNotDeleted);
    }

    /// <summary>
    /// Cancels calls, whose senders are told to go elsewhere, and stops jobs as they are. When all have stopped, their next gateway need
    /// not wait for the end of this process.
    /// </summary>
    private Task StopAllAsync()
    {
        Job[] unfinished;
        lock (_takingOver)
        {
            lock (_lock)
            {
                if (_stopped is not null)
                    return _stopped;
                _isStopping = true;
                unfinished = [.. _jobs.Values.Where(job => !job.Status.HasEnded)];
                _stopped = Task.WhenAll(unfinished.Select(job => job.Ended)).ContinueWith(
                    _ =>
                    {
                        WriteEnds();
                        _folders?.Release();
                    },
                    TaskScheduler.Default);
            }
        }

        foreach (Job job in unfinished)
            Stop(job);
        return _stopped;
    }

    private void Stop(Job job)
    {
        if (job.Kind == JobKind.Call)
            Cancel(job);
        else if (PositionOf(job) is not null)
            job.Leave();
        else
            job.Suspend();
    }

    private void LogOnceNotTakenOver(string job, Exception problem)
    {
        if (_toldOf.Add(job))
            LogNotTakenOver(job, problem);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job} of a gateway that is no more can't be taken over now")]
    private partial void LogNotTakenOver(string job, Exception problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "The jobs of gateways that are no more can't be looked for now")]
    private partial void LogNotLookedAt(Exception problem);
}
