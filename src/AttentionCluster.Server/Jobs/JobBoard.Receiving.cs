using System.Globalization;
using System.Net;
using AttentionCluster.Core;

namespace AttentionCluster.Server.Jobs;

/// <summary>How jobs are received: who gets a place, and what their bodies take while they arrive.</summary>
internal sealed partial class JobBoard
{
    /// <summary>Up to so many uploads at a time nobody counts whose they are: small queues are shared by few.</summary>
    private const int PerAddressMin = 16;

    private readonly Uploads _uploads =
        new(kind => options.UploadsPerAddressMax ?? Math.Max(PerAddressMin, PlacesFor(options, kind) * 3 / 4));

    /// <summary>Looks, before a byte of the body is read, whether it is worth reading. Takes nothing.</summary>
    /// <returns>Null when it is.</returns>
    internal Admission? Foresee(JobKind kind, string? idempotencyKey, IPAddress address)
    {
        // The first request may have been sent to a gateway that has died since.
        if (idempotencyKey is not null)
            TakeOver();
        lock (_lock)
            return AnswerAtOnce(idempotencyKey) ?? FindPlace(kind, address, out _);
    }

    /// <summary>Asks for a place for a job whose body has begun to arrive.</summary>
    internal Admission Admit(JobKind kind, string? idempotencyKey, IPAddress address)
    {
        JobPlace place;
        JobPlace? displaced;
        lock (_lock)
        {
            displaced = null;
            if ((AnswerAtOnce(idempotencyKey) ?? FindPlace(kind, address, out displaced)) is { } other)
                return other;
            if (displaced is not null)
            {
                displaced.IsDisplaced = true;
                _uploads.Remove(displaced);
                _queue.Release(kind);
            }

            _queue.TryReserve(kind);
            if (idempotencyKey is not null)
                _keys.Add(idempotencyKey, null);
            place = new JobPlace(this, kind, Folders.NewId(), idempotencyKey, address);
            _uploads.Add(place);
        }

        displaced?.BreakOff();
        return ClaimKey(place) ?? new Admission.Taken(place);
    }

    /// <summary>Looks whether there is room for a job, and takes none: what a sender promises costs it nothing.</summary>
    internal Refusal? CheckRoom(JobSize size)
    {
        lock (_lock)
            return CheckDisk(size.TotalBytes) ?? _budget.Check(size.TotalBytes);
    }

    /// <summary>Takes room for bytes of a body that have arrived.</summary>
    internal Refusal? TakeArrived(JobPlace place, long bytes)
    {
        Refusal? refusal;
        Job[] removed;
        lock (_lock)
        {
            IReadOnlyList<string> leaving = [];
            refusal = CheckDisk(bytes) ?? _budget.Take(bytes, out leaving);
            if (refusal is null)
                place.TakenBytes += bytes;
            removed = ForgetAll(leaving);
        }

        Discard(removed);
        return refusal;
    }

    /// <summary>A body has arrived whole: from now on its job can't be displaced, and has room for its result.</summary>
    internal Refusal? EndUpload(JobPlace place, long resultBytes)
    {
        Refusal? refusal;
        Job[] removed;
        lock (_lock)
        {
            if (place.IsDisplaced)
                return GaveWay;
            IReadOnlyList<string> leaving = [];
            refusal = CheckDisk(resultBytes) ?? _budget.Take(resultBytes, out leaving);
            if (refusal is null)
            {
                place.TakenBytes += resultBytes;
                place.PromisedBytes = resultBytes;
                _promisedBytes += resultBytes;
                _uploads.Remove(place);
            }

            removed = ForgetAll(leaving);
        }

        Discard(removed);
        return refusal;
    }

    /// <summary>What the sender of a body is told that has given way to another.</summary>
    internal static Refusal GaveWay { get; } = new(
        ErrorCode.RequestTimeout, "the body came so slowly that its place was given to another, because there was no other place; send it "
            + "again a little later, or over a faster network");

    /// <summary>Gives back what a place has whose job was not accepted.</summary>
    internal void GiveBack(JobPlace place)
    {
        if (place.HasFolder)
            Try(() => Folders.Delete(place.Id), place.Id, LogNotDeleted);
        ReturnKey(place.IdempotencyKey, place.Id);
        lock (_lock)
        {
            _uploads.Remove(place);
            if (!place.IsDisplaced)
                _queue.Release(place.Kind);
            if (place.IdempotencyKey is not null)
                _keys.Remove(place.IdempotencyKey);
            _budget.Return(place.TakenBytes);
            _promisedBytes -= place.PromisedBytes;
        }
    }

    private static int PlacesFor(JobsOptions options, JobKind kind) => kind == JobKind.Call ? options.CallsQueuedMax
        : options.JobsQueuedMax;

    /// <summary>Called with the lock: the answer that needs no place.</summary>
    private Admission? AnswerAtOnce(string? idempotencyKey)
    {
        if (_isStopping)
            return new Admission.Refused(new Refusal(ErrorCode.ShuttingDown, "this node is stopping; send the request to another"));
        return idempotencyKey is null || !_keys.TryGetValue(idempotencyKey, out Job? known) ? null
            : known is not null ? new Admission.Known(known)
            : InUse(idempotencyKey);
    }

    /// <summary>Called with the lock.</summary>
    /// <param name="kind">Of the job.</param>
    /// <param name="address">The client's.</param>
    /// <param name="slow">An upload that would have to give way; null when there is a free place.</param>
    /// <returns>Null when there is a place.</returns>
    private Admission.Refused? FindPlace(JobKind kind, IPAddress address, out JobPlace? slow)
    {
        bool isFull = _queue.IsFull(kind);
        bool isAddressFull = _uploads.IsFull(kind, address);
        slow = isFull || isAddressFull ? _uploads.Slowest(kind, isAddressFull ? address : null, Now) : null;
        string noun = kind == JobKind.Call ? "calls" : "jobs";
        return slow is not null ? null
            : isFull ? new Admission.Refused(new Refusal(ErrorCode.QueueFull, string.Create(
                CultureInfo.InvariantCulture, $"{PlacesFor(options, kind)} {noun} wait or are being received, which is this node's limit; "
                    + $"try again a little later")))
            : isAddressFull ? new Admission.Refused(new Refusal(ErrorCode.TooManyUploads, string.Create(
                CultureInfo.InvariantCulture, $"as many {noun} are being received from {address} as this node takes from one address; send "
                    + $"the next when one has arrived")))
            : null;
    }
}
