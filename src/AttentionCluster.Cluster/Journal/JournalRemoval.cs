using Akka.Actor;
using Akka.Event;

namespace AttentionCluster.Cluster.Journal;

/// <summary>
/// Removes what is journaled of jobs that have ended: all that wait in one transaction, one transaction at a time, and again with backoff
/// while the database refuses. It has its own connection, and nothing in common with Akka's journal, whose circuit breaker counts failures
/// of all jobs together: so housekeeping can't fail, or hold up, a job that runs.
/// </summary>
internal sealed class JournalRemoval : ReceiveActor, IWithTimers
{
    /// <summary>So many leave together at most: the database is locked for some milliseconds.</summary>
    private const int BatchMax = 64;

    private static readonly TimeSpan s_backoffMin = TimeSpan.FromMilliseconds(500), s_backoffMax = TimeSpan.FromSeconds(30);

    private readonly JournalDatabase _database;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    /// <summary>Jobs to remove, and who waits for that.</summary>
    private readonly Queue<(string Job, IActorRef Asker)> _waiting = new();

    /// <summary>What the transaction is for that is under way.</summary>
    private List<(string Job, IActorRef Asker)> _batch = [];

    private TimeSpan _backoff = s_backoffMin;

    /// <summary>Removes nothing yet.</summary>
    /// <param name="database">Where from.</param>
    public JournalRemoval(JournalDatabase database)
    {
        _database = database;
        Receive<Remove>(remove =>
        {
            _waiting.Enqueue((remove.Job, Sender));
            Begin();
        });
        Receive<Tried>(OnTried);
        Receive<Again>(_ => Try());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private void Begin()
    {
        if (_batch.Count > 0 || _waiting.Count == 0)
            return;
        while (_batch.Count < BatchMax && _waiting.TryDequeue(out (string Job, IActorRef Asker) next))
            _batch.Add(next);
        Try();
    }

    private void Try()
    {
        string[] jobs = [.. _batch.Select(removal => removal.Job)];
        _database.RemoveAsync(jobs).PipeTo(Self, success: () => new Tried(null), failure: problem => new Tried(problem));
    }

    private void OnTried(Tried tried)
    {
        if (tried.Failure is { } failure)
        {
            _log.Warning("what is journaled of {0} ended jobs can't be removed now, which is tried again in {1} s: {2}", _batch.Count,
                _backoff.TotalSeconds, failure.Message);
            Timers.StartSingleTimer(nameof(Again), Again.Instance, _backoff);
            _backoff = _backoff * 2 < s_backoffMax ? _backoff * 2 : s_backoffMax;
            return;
        }

        foreach ((string job, IActorRef asker) in _batch)
            asker.Tell(new Removed(job));
        _batch = [];
        _backoff = s_backoffMin;
        Begin();
    }

    /// <summary>
    /// Removes all that is journaled of a job. Answered with <see cref="Removed"/> when that is done, however long it takes.
    /// </summary>
    internal sealed record Remove(string Job) : INoSerializationVerificationNeeded;

    /// <summary>Nothing is journaled of a job any more.</summary>
    internal sealed record Removed(string Job) : INoSerializationVerificationNeeded;

    private sealed record Tried(Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record Again : INoSerializationVerificationNeeded
    {
        internal static Again Instance { get; } = new();
    }
}
