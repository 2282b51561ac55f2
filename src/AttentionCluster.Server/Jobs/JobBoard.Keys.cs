using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Jobs;

/// <summary>How an idempotency key is one job's, whichever of the gateways of a store it is sent to.</summary>
internal sealed partial class JobBoard
{
    private static Admission.Refused InUse(string key) => new(new Refusal(
        ErrorCode.IdempotencyKeyInUse, $"another request with the idempotency key {key} is still being received; wait for its answer"));

    /// <summary>Takes the key of a job that is to arrive for this gateway.</summary>
    /// <returns>Null when it is that job's from now on; otherwise its place is given back.</returns>
    private Admission? ClaimKey(JobPlace place)
    {
        if (place.IdempotencyKey is not { } key)
            return null;
        Admission? other;
        try
        {
            KeyClaim claim = Folders.Keys.Claim(key, place.Id);
            if (claim.IsTaken)
                return null;
            other = claim.Job is { } record ? new Admission.Known(JobArchive.Elsewhere(record, clock)) : InUse(key);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            other = new Admission.Refused(IdempotencyKeys.IsHeldElsewhere(problem)
                ? new Refusal(ErrorCode.IdempotencyKeyInUse,
                    $"whether another gateway knows the idempotency key {key} can't be told now ({problem.Message}); try again")
                : StoreRefusal.Of(problem, $"the idempotency key {key}"));
        }

        place.Dispose();
        return other;
    }

    private void ReturnKey(string? key, string id)
    {
        if (key is not null)
            Try(() => Folders.Keys.Return(key, id), id, LogKeyNotWritten);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The idempotency key of job {Job} can't be written down or removed")]
    private partial void LogKeyNotWritten(string job, Exception problem);
}
