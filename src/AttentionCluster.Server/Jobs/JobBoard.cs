using System.Globalization;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Jobs;

/// <summary>
/// All jobs of this gateway: the shell around <see cref="JobQueue"/> and <see cref="StoreBudget"/>, which decide. Accepted jobs outlive the
/// process: see <see cref="JobFolders"/>.
/// </summary>
internal sealed partial class JobBoard(
    TensorStore store, JobRunner runner, JobsOptions options, TimeProvider clock, IHostApplicationLifetime lifetime,
        ILogger<JobBoard> logger)
    : IHostedService, IDisposable
{
    /// <summary>Left free on the disk for everything else: headers, logs, the file system's own blocks.</summary>
    private const long DiskMarginBytes = 64 << 20;

    private readonly Lock _lock = new();
    private readonly JobQueue _queue = new(new QueueLimits(
        options.JobsRunningMax, options.JobsQueuedMax, options.CallsQueuedMax, options.SmallJobFlopsMax));

    private readonly StoreBudget _budget = new(options.StoreBytesMax, options.JobsKeptMax, options.ResultAgeMax);

    /// <summary>By id, calls too, until they are removed.</summary>
    private readonly Dictionary<string, Job> _jobs = new(StringComparer.Ordinal);

    /// <summary>Idempotency keys; null while the body of the first request arrives.</summary>
    private readonly Dictionary<string, Job?> _keys = new(StringComparer.Ordinal);

    /// <summary>The time of day may be set while this process runs; how long a result is kept does not follow from that.</summary>
    private readonly long _begin = clock.GetTimestamp();

    private JobFolders? _folders;
    private ITimer? _sweep;
    private ITimer? _lookForDead;

    /// <summary>Room on the disk that jobs were promised and have not taken yet.</summary>
    private long _promisedBytes;

    private bool _isStopping;

    /// <summary>Since this process began.</summary>
    internal TimeSpan Now => clock.GetElapsedTime(_begin);

    internal JobFolders Folders => _folders ?? throw new InvalidOperationException("the node has not started");

    /// <summary>Takes over what earlier processes have left in the store.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _folders = JobFolders.Open(store);
        TakeOver();
        _lookForDead = clock.CreateTimer(_ => Look(), null, s_pollInterval, s_pollInterval);
        _sweep = clock.CreateTimer(_ => Sweep(), null, options.SweepInterval, options.SweepInterval);

        // Before the web server stops, which waits for the answers that wait for jobs.
        lifetime.ApplicationStopping.Register(() => _ = StopAllAsync());
        return Task.CompletedTask;
    }

    /// <summary>Cancels calls, and leaves jobs to whoever comes next.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => StopAllAsync().WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _lookForDead?.Dispose();
        _sweep?.Dispose();
        _folders?.Dispose();
        foreach (Job job in _jobs.Values)
            job.Dispose();
    }

    /// <summary>The job of this id; null when there is none, or when it is a call.</summary>
    internal Job? Find(string id)
    {
        lock (_lock)
            return _jobs.GetValueOrDefault(id) is { Kind: JobKind.Stored } job ? job : null;
    }

    /// <summary>All but calls, the first accepted first.</summary>
    internal IReadOnlyList<(Job Job, int? Position)> List()
    {
        lock (_lock)
            return [.. _jobs.Values.Where(job => job.Kind == JobKind.Stored).OrderBy(job => job.CreatedTimestamp)
                .Select(job => (job, _queue.PositionOf(job.Id)))];
    }

    internal int? PositionOf(Job job)
    {
        lock (_lock)
            return _queue.PositionOf(job.Id);
    }

    /// <summary>Cancels a job that waits or runs; to one that has ended nothing happens.</summary>
    internal void Cancel(Job job)
    {
        bool waited;
        lock (_lock)
        {
            waited = _queue.Remove(job.Id);
            if (waited)
                _promisedBytes -= job.Size.ResultBytes;
        }

        if (waited)
            End(job, job.Status with { State = JobState.Cancelled });
        else if (!job.Status.HasEnded)
            job.Cancel();
    }

    /// <summary>Removes a job that has ended, and its files.</summary>
    /// <returns>False when another has removed it, or has it now.</returns>
    internal bool Remove(Job job)
    {
        lock (_lock)
        {
            if (!_jobs.ContainsKey(job.Id) || (_isStopping && job.Kind == JobKind.Stored))
                return false;
            if (job.Kind == JobKind.Call)
                _budget.Return(job.Status.Result?.Bytes ?? 0);
            else
                _budget.Remove(job.Id);
            Forget(job);
        }

        Discard([job]);
        return true;
    }

    /// <summary>Accepts a job: when this returns, it outlives the process.</summary>
    /// <exception cref="IOException">The disk fails, or is full.</exception>
    internal Job? Enqueue(
        JobPlace place, ReceivedFile body, InputTensors tensors, JobFingerprint fingerprint, JobContent? content, JobSize size,
            Func<JobRequest, Refusal?> check, out Refusal? refusal)
    {
        StoredInput input = Folders.Import(place.Id, body, tensors);
        var request = new JobRequest(place.Id, input.Query, input.Key, input.Value, fingerprint.Options)
        {
            Auxiliary = input.Auxiliary,
            Owner = place.Kind == JobKind.Call ? null : Folders.Owner,
            IsNew = true,
        };
        refusal = check(request);
        if (refusal is not null)
            return null;
        DateTimeOffset created = clock.GetUtcNow();
        JobRecord? record = place.Kind == JobKind.Call ? null : JobArchive.Record(place, body, tensors, fingerprint, content, created);
        if (record is not null)
            Folders.Save(record);
        var job = new Job(place.Id, place.Kind, fingerprint, size, created, clock.GetTimestamp())
        {
            Request = request,
            Record = record,
            IdempotencyKey = place.IdempotencyKey,
            Warnings = tensors.Warnings,
        };
        bool isStopping;
        lock (_lock)
        {
            _jobs.Add(job.Id, job);
            if (place.IdempotencyKey is not null)
                _keys[place.IdempotencyKey] = job;
            Start(_queue.Enqueue(job.Id, job.Kind, size.Work));
            isStopping = _isStopping;
        }

        if (isStopping)
            Stop(job);
        return job;
    }

    /// <summary>Called with the lock.</summary>
    private void Start(IReadOnlyList<string> ids)
    {
        if (_isStopping)
            return;
        foreach (string id in ids)
        {
            Job job = _jobs[id];
            _promisedBytes -= job.Size.ResultBytes;
            job.Become(new JobStatus(JobState.Running));
            _ = Task.Run(async () => End(job, await runner.RunAsync(job, Folders).ConfigureAwait(false)));
        }

        if (ids.Count > 0)
            TellPositions();
    }

    private void End(Job job, JobStatus status)
    {
        // The cluster may also have removed this node, which learns of it as its jobs do.
        if ((_isStopping || status.Error?.Code == ErrorCode.NodeStopped) && job.IsSuspended(status))
        {
            job.Leave();
            return;
        }

        // It is not over: its files stay as they are, for a gateway of the version that began it.
        bool isKept = status.Error?.Code == ErrorCode.JournalOfNewerVersion;

        bool isWritten = !isKept && WriteEnd(job, status, clock.GetUtcNow());
        Job[] removed;
        lock (_lock)
        {
            long left = isWritten ? status.Result?.Bytes ?? 0 : job.Size.TotalBytes;
            _budget.Return(job.Size.TotalBytes - left);
            if (job.Kind == JobKind.Stored && !isKept)
                _budget.Keep(job.Id, left, Now);
            removed = ForgetAll(_budget.RemoveOverdue(Now));
            job.Become(status);
            Start(_queue.End(job.Id));
        }

        Discard(removed);
    }

    /// <summary>Removes the results that have become too old.</summary>
    private void Sweep()
    {
        Job[] removed;
        lock (_lock)
            removed = _isStopping ? [] : ForgetAll(_budget.RemoveOverdue(Now));
        Discard(removed);
    }

    /// <summary>Called with the lock: those that wait are told when others left the queue.</summary>
    private void TellPositions()
    {
        foreach (string id in _queue.WaitingIds)
            _jobs[id].Touch();
    }

    /// <summary>Called with the lock.</summary>
    private Refusal? CheckDisk(long needed) =>
        DiskSpace.FreeBytes(store.Directory) is { } free && free - _promisedBytes - DiskMarginBytes < needed
            ? new Refusal(ErrorCode.NoRoomOnDisk, string.Create(
                CultureInfo.InvariantCulture, $"this job's input and result need {needed} bytes more, and the node's disk has "
                    + $"{Math.Max(0, free - _promisedBytes - DiskMarginBytes)} left: remove results that are not needed, or send it again "
                    + $"later"))
            : null;

    /// <summary>Called with the lock.</summary>
    private Job[] ForgetAll(IReadOnlyList<string> ids)
    {
        Job[] jobs = [.. ids.Select(id => _jobs[id])];
        foreach (Job job in jobs)
            Forget(job);
        return jobs;
    }

    /// <summary>Called with the lock.</summary>
    private void Forget(Job job)
    {
        _jobs.Remove(job.Id);
        if (job.IdempotencyKey is not null && _keys.GetValueOrDefault(job.IdempotencyKey) == job)
            _keys.Remove(job.IdempotencyKey);
    }

    /// <summary>
    /// What the disk does not let be done is told to the operator: the job is over all the same, and the next start tries again.
    /// </summary>
    private static void Try(Action change, string id, Action<string, Exception> tell)
    {
        try
        {
            change();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            tell(id, problem);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The files of job {Job} can't be deleted")]
    private partial void LogNotDeleted(string job, Exception problem);
}
