using System.Globalization;
using AttentionCluster.Core;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>Fails a job that makes no progress for long, whatever the cause.</summary>
internal sealed class ProgressDeadline(TimeSpan timeout)
{
    /// <summary>When the latest partial came, or block was written.</summary>
    private TimeSpan _progressAt;

    /// <summary>The latest transient failure, for the reason.</summary>
    private string _lastFailure = "none";

    /// <summary>A partial has come, or a block was written.</summary>
    internal void Advance(TimeSpan now) => _progressAt = now;

    /// <summary>A worker, or the way there, has had a transient failure.</summary>
    internal void NoteFailure(string worker, string reason) => _lastFailure = $"{worker}: {reason}";

    /// <summary>Why the job must fail by now.</summary>
    /// <returns>Null while it goes on.</returns>
    internal Refusal? Check(TimeSpan now, int workers) => now - _progressAt < timeout ? null : new Refusal(
        ErrorCode.NoProgress,
        string.Create(
            CultureInfo.InvariantCulture,
            $"nothing has come of any task for {timeout.TotalSeconds:0} s; workers: {workers}; the latest failure: {_lastFailure}"));
}
