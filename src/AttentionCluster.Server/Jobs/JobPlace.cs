using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Server.Jobs;

/// <summary>
/// A place in the queue while the body of its job arrives. Disposed before <see cref="Enqueue"/>, it gives everything back: the place,
/// the room, the files and the idempotency key.
/// </summary>
internal sealed class JobPlace(JobBoard board, JobKind kind, string id, string? idempotencyKey) : IDisposable
{
    private JobSize? _size;
    private bool _hasEnded;

    internal JobKind Kind => kind;

    internal string Id => id;

    internal string? IdempotencyKey => idempotencyKey;

    /// <summary>Takes room in the store for input and result.</summary>
    /// <returns>Null, or why there is none.</returns>
    internal Refusal? TakeRoom(JobSize size)
    {
        Refusal? refusal = board.TakeRoom(size);
        if (refusal is null)
            _size = size;
        return refusal;
    }

    /// <summary>Creates the file for the body.</summary>
    /// <exception cref="IOException">The disk has no room.</exception>
    internal ReceivedFile Receive() => board.Folders.Receive(id, _size!.InputBytes, isTransient: kind == JobKind.Call);

    /// <summary>The body has arrived whole: the job waits for its turn.</summary>
    internal Job Enqueue(ReceivedFile body, InputTensors tensors, JobFingerprint fingerprint)
    {
        Job job = board.Enqueue(this, body, tensors, fingerprint, _size!);
        _hasEnded = true;
        return job;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_hasEnded)
            return;
        _hasEnded = true;
        board.GiveBack(this, _size);
    }
}
