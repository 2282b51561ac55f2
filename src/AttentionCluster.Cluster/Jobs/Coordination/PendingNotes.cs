using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Results;
using Google.Protobuf;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>
/// What is to be journaled of a job, in its order: that it is begun, and then which blocks are done. A block is first written, then
/// flushed with others, and then noted.
/// </summary>
internal sealed class PendingNotes
{
    /// <summary>Blocks whose rows are written and not flushed.</summary>
    private readonly List<int> _written = [];

    private BlockWritten? _latest;
    private JobBegun? _begun;

    /// <summary>What is on the disk and not noted.</summary>
    private BlocksDone? _flushed;

    private bool _isPaused;

    /// <summary>Whether blocks wait to be flushed.</summary>
    internal bool HasWritten => _written.Count > 0;

    /// <summary>Whether flushed blocks wait to be noted; the next ones are flushed after that.</summary>
    internal bool HasFlushed => _flushed is not null;

    /// <summary>What is to be noted next; null when there is nothing.</summary>
    internal IMessage? Next => _begun ?? (IMessage?)_flushed;

    /// <summary>A process begins to compute.</summary>
    /// <param name="owner">The process.</param>
    /// <param name="plan">By this plan.</param>
    /// <param name="isAnew">Whether no row is in the result.</param>
    internal void Begin(string owner, AttentionPlan plan, bool isAnew) => _begun = new JobBegun
    {
        Options = RecordedOptions.Write(plan),
        Owner = owner,
        IsAnew = isAnew,
        BitContract = BitContract.Version,
        Bits = BitContract.Name(plan.Family),
        KeysPerSegment = plan.KeysPerSegment,
        Format = JobHistory.FormatCurrent,
    };

    internal void Written(BlockWritten written)
    {
        _latest = written;
        _written.Add(written.Block);
    }

    /// <summary>Takes the blocks to flush, as what is noted of them afterwards.</summary>
    /// <param name="history">What is journaled; null when that is not known.</param>
    internal BlocksDone TakeWritten(JobHistory? history)
    {
        var done = new BlocksDone { Retries = _latest!.Retries };
        done.Blocks.AddRange(BlockSet.Of(_written).ToMessages());
        done.Workers.AddRange(
            from worker in _latest.Workers
            where history is null || !history.Workers.ContainsKey(worker.Key)
            select new JobWorker { Name = worker.Key, Threads = worker.Value });
        _written.Clear();
        return done;
    }

    internal void Flushed(BlocksDone done) => _flushed = done;

    /// <summary>The journal can be used, for the first time or again. What was being noted when it failed may be in it or not.</summary>
    /// <returns>Whether it turns out to have the beginning that was being noted.</returns>
    internal bool Recovered(JobHistory history)
    {
        if (_begun is null || history.Owners.LastOrDefault() != _begun.Owner)
            return false;
        _begun = null;
        return true;
    }

    /// <summary><see cref="Next"/> is in the journal.</summary>
    /// <returns>Whether that was the beginning.</returns>
    internal bool Noted()
    {
        if (_begun is null)
        {
            _flushed = null;
            return false;
        }

        _begun = null;
        return true;
    }

    /// <summary>Has it noted once that the job is paused.</summary>
    /// <returns>Whether there is something to note for that.</returns>
    internal bool Pause()
    {
        if (_isPaused)
            return false;
        _isPaused = true;
        _flushed = new BlocksDone { IsPaused = true, Retries = _latest?.Retries ?? 0 };
        return true;
    }

    /// <summary>Nothing need be noted any more.</summary>
    internal void Clear()
    {
        _written.Clear();
        (_begun, _flushed) = (null, null);
    }
}
