using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Server.Jobs;

/// <summary>A job that was accepted, and where it is.</summary>
internal sealed class Job(string id, JobKind kind, JobFingerprint fingerprint, JobSize size, DateTimeOffset created, long createdTimestamp)
    : IProgress<JobProgress>, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _changed;
    private volatile JobStatus _status = new(JobState.Queued);
    private volatile bool _isCancelled;
    private ResultHash? _resultSeen;
    private long _changedAt = Environment.TickCount64;

    internal string Id => id;

    /// <summary>What the cluster is asked; null for a job that had ended when it was taken over.</summary>
    internal JobRequest? Request { get; init; }

    /// <summary>What its file says of it; null for a call, which has none.</summary>
    internal JobRecord? Record { get; init; }

    /// <summary>Whether another process received its input.</summary>
    internal bool IsTakenOver { get; init; }

    internal JobKind Kind => kind;

    /// <summary>What a second request with the same idempotency key must have in common with the first.</summary>
    internal JobFingerprint Fingerprint => fingerprint;

    internal JobSize Size => size;

    /// <summary>When it was accepted.</summary>
    internal DateTimeOffset Created => created;

    /// <summary>The same for measuring.</summary>
    internal long CreatedTimestamp => createdTimestamp;

    /// <summary>The key that it was sent with; null without one.</summary>
    internal string? IdempotencyKey { get; init; }

    /// <summary>Its result file as this process has read it last; null when it has not.</summary>
    internal ResultHash? ResultSeen
    {
        get => Volatile.Read(ref _resultSeen);
        set => Volatile.Write(ref _resultSeen, value);
    }

    /// <summary>Held while its record is written or its files are removed: a record must not come back after them.</summary>
    internal Lock FilesLock { get; } = new();

    /// <summary>Whether its files are removed, or about to be; changed and read under <see cref="FilesLock"/>.</summary>
    internal bool IsDiscarded { get; set; }

    /// <summary>Whether nothing is journaled of it any more.</summary>
    internal bool IsForgotten { get; set; }

    /// <summary>What the user should know of the body though it was accepted.</summary>
    internal IReadOnlyList<string> Warnings { get; init; } = [];

    internal JobStatus Status => _status;

    /// <summary>How long nothing has come of it.</summary>
    internal TimeSpan SinceProgress => TimeSpan.FromMilliseconds(Environment.TickCount64 - Interlocked.Read(ref _changedAt));

    internal CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Completes when the job has ended, or is left to another process.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Whether this process is done with it, though it has not ended.</summary>
    internal bool IsLeft { get; private set; }

    /// <summary>Completes at the next change. Costs the job nothing while nobody waits.</summary>
    internal Task NextChange()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _changed, waiting, null) ?? waiting).Task;
    }

    /// <summary>Wakes those that wait for a change.</summary>
    internal void Touch() => Interlocked.Exchange(ref _changed, null)?.TrySetResult();

    /// <summary>Asks the job to stop; it ends soon after.</summary>
    internal void Cancel()
    {
        _isCancelled = true;
        Stop();
    }

    /// <summary>Asks the job to stop here, so that it can go on elsewhere.</summary>
    internal void Suspend() => Stop();

    /// <summary>Whether a job that was stopped is to go on elsewhere.</summary>
    internal bool IsSuspended(JobStatus end) =>
        (end.State == JobState.Cancelled || end.Error?.Code == ErrorCode.NodeStopped) && !_isCancelled && kind == JobKind.Stored;

    /// <summary>It stays as it is: another process goes on with it.</summary>
    internal void Leave()
    {
        IsLeft = true;
        Touch();
        _ended.TrySetResult();
    }

    private void Stop()
    {
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended and was removed meanwhile.
        }
    }

    internal void Become(JobStatus status)
    {
        _status = status;
        Interlocked.Exchange(ref _changedAt, Environment.TickCount64);
        Touch();
        if (status.HasEnded)
            _ended.TrySetResult();
    }

    /// <inheritdoc/>
    public void Report(JobProgress value)
    {
        Interlocked.Exchange(ref _changedAt, Environment.TickCount64);

        // The last progress may come after the end.
        JobStatus before = _status;
        if (before.State == JobState.Running
            && Interlocked.CompareExchange(ref _status, before with { TasksDone = value.TasksDone, FlopsDone = value.FlopsDone },
                before) == before)
        {
            Touch();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cancellation.Dispose();
}
