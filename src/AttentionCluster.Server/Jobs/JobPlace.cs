using System.Net;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Server.Jobs;

/// <summary>
/// A place in the queue while the body of its job arrives. Disposed before <see cref="Enqueue"/>, it gives everything back: the place,
/// the room, the files and the idempotency key.
/// </summary>
internal sealed class JobPlace(JobBoard board, JobKind kind, string id, string? idempotencyKey, IPAddress address) : IDisposable
{
    private readonly CancellationTokenSource _displaced = new();
    private JobSize? _size;
    private bool _hasEnded;

    internal JobKind Kind => kind;

    internal string Id => id;

    internal string? IdempotencyKey => idempotencyKey;

    /// <summary>The client's.</summary>
    internal IPAddress Address => address;

    /// <summary>How fast its body arrives; null before it is known how long that is.</summary>
    internal UploadPace? Pace { get; private set; }

    /// <summary>Room in the store that it has taken; the board's.</summary>
    internal long TakenBytes { get; set; }

    /// <summary>What of that is not on the disk yet; the board's.</summary>
    internal long PromisedBytes { get; set; }

    /// <summary>Whether its job may have a folder.</summary>
    internal bool HasFolder => _size is not null || idempotencyKey is not null;

    /// <summary>Whether another has its place in the queue; the board's.</summary>
    internal bool IsDisplaced { get; set; }

    /// <summary>Cancelled when another gets its place, because its body comes too slowly.</summary>
    internal CancellationToken Displaced => _displaced.Token;

    /// <summary>Says what is to arrive.</summary>
    /// <returns>Null, or why there is no room for it.</returns>
    internal Refusal? Announce(JobSize size)
    {
        Refusal? refusal = board.CheckRoom(size);
        if (refusal is not null)
            return refusal;
        _size = size;
        Pace = new UploadPace(size.InputBytes, board.Now);
        return null;
    }

    /// <summary>Creates the file for the body.</summary>
    /// <exception cref="IOException">The disk has less room than it takes, or the folder can't be written.</exception>
    internal ReceivedFile Receive() => board.Folders.Receive(id, _size!.InputBytes, isTransient: kind == JobKind.Call);

    /// <summary>So many bytes of the body have arrived, all in all.</summary>
    internal void Reach(long bytes) => Pace!.Reach(bytes, board.Now);

    /// <summary>Takes room for the next bytes of the body.</summary>
    /// <returns>Null, or why there is none.</returns>
    internal Refusal? TakeArrived(long bytes) => board.TakeArrived(this, bytes);

    /// <summary>The body has arrived whole.</summary>
    /// <returns>Null, or why there is no room for the result.</returns>
    internal Refusal? EndUpload() => board.EndUpload(this, _size!.ResultBytes);

    /// <summary>The job waits for its turn, unless its numbers are wrong.</summary>
    /// <param name="body">All of it.</param>
    /// <param name="tensors">Where they are in it.</param>
    /// <param name="fingerprint">What it is recognised by.</param>
    /// <param name="content">The same of its numbers; null without an idempotency key.</param>
    /// <param name="check">Looks at the numbers.</param>
    /// <param name="refusal">What is wrong with them: nothing of the job is kept.</param>
    /// <exception cref="IOException">The disk fails, or is full.</exception>
    internal Job? Enqueue(
        ReceivedFile body, InputTensors tensors, JobFingerprint fingerprint, JobContent? content, Func<JobRequest, Refusal?> check,
            out Refusal? refusal)
    {
        Job? job = board.Enqueue(this, body, tensors, fingerprint, content, _size!, check, out refusal);
        _hasEnded = job is not null;
        return job;
    }

    /// <summary>Another has its place.</summary>
    internal void BreakOff()
    {
        try
        {
            _displaced.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Its body has ended by itself meanwhile.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_hasEnded)
            board.GiveBack(this);
        _hasEnded = true;
        _displaced.Dispose();
    }
}
