using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Server.Jobs;

/// <summary>From jobs to their records on the disk, and back.</summary>
internal static class JobArchive
{
    /// <summary>What is kept of a job from the moment in which it is accepted.</summary>
    internal static JobRecord Record(
        JobPlace place, ReceivedFile body, InputTensors tensors, JobFingerprint fingerprint, JobContent? content,
            DateTimeOffset created) => new()
            {
                Id = place.Id,
                Owner = "",
                Created = created,
                Request = fingerprint.Options,
                Tensors = fingerprint.Tensors,
                TensorsChecksum = content?.Tensors,
                InputBytes = body.Length,
                InputChecksum = body.Checksum,
                IdempotencyKey = place.IdempotencyKey,
                Warnings = tensors.Warnings,
            };

    /// <summary>What is known of the numbers of a job's tensors.</summary>
    internal static JobContent ContentOf(JobRecord record) => new(record.TensorsChecksum, record.InputChecksum);

    /// <summary>The same with its end.</summary>
    internal static JobRecord Record(JobRecord record, JobStatus end, DateTimeOffset ended) => record with
    {
        State = end.State,
        Ended = ended,
        Report = end.Report,
        ErrorCode = end.Error?.Code.Name(),
        ErrorMessage = end.Error?.Message,
        ResultBytes = end.Result?.Bytes,
        ResultSha256 = end.Result?.Sha256,
    };

    /// <summary>A job that another process had. One whose input can't be used any more has failed.</summary>
    /// <exception cref="IOException">It can't be loaded now; see <see cref="TransientFailure"/>.</exception>
    internal static Job Load(JobRecord record, JobFolders folders, TimeProvider clock)
    {
        try
        {
            return LoadKnown(record, folders, clock);
        }
#pragma warning disable CA1031 // Whatever it is, it concerns this job: a gateway must start, and take over the others.
        catch (Exception problem) when (!TransientFailure.Is(problem))
#pragma warning restore CA1031
        {
            var reason = new Refusal(ErrorCode.RecordDamaged,
                $"job {record.Id} can't be taken over ({problem.Message}); send it again, and report this if it fails again");
            return Make(
                record, new JobFingerprint(new AttentionOptions(), record.Tensors), new JobSize(0, 0, 0, record.InputBytes, 0), clock, null,
                new JobStatus(JobState.Failed, Error: reason));
        }
    }

    private static Job LoadKnown(JobRecord record, JobFolders folders, TimeProvider clock)
    {
        var fingerprint = new JobFingerprint(record.Request, record.Tensors);
        if (record.State is { } state)
        {
            var ended = new JobStatus(state, record.Report?.Tasks ?? 0, record.Report?.Flops ?? 0, record.Report, Error(record),
                Result(record));
            return Make(record, fingerprint,
                new JobSize(record.Report?.Tasks ?? 0, record.Report?.Flops ?? 0, 0, 0, record.ResultBytes ?? 0), clock, null, ended);
        }

        AttentionPlan? plan = null;
        StoredInput? input = folders.Reopen(record, record.Request, out InputTensors? tensors, out Refusal? refusal);
        if (input is not null)
            plan = AttentionPlan.Create(tensors!.Shape, record.Request.WithOutputFor(tensors.Query.Type), out refusal, tensors.Auxiliary);
        if (input is not { } stored || plan is null)
            return Make(record, fingerprint, new JobSize(0, 0, 0, record.InputBytes, 0), clock, null,
                new JobStatus(JobState.Failed, Error: refusal));
        var request = new JobRequest(record.Id, stored.Query, stored.Key, stored.Value, record.Request)
        {
            Auxiliary = stored.Auxiliary,
            Owner = folders.Owner,
        };
        return Make(record, fingerprint, JobSize.Of(plan, record.InputBytes), clock, request, new JobStatus(JobState.Queued));
    }

    /// <summary>A job that another gateway has: what a request that repeats the first is compared with.</summary>
    internal static Job Elsewhere(JobRecord record, TimeProvider clock) => Make(
        record, new JobFingerprint(record.Request, record.Tensors), new JobSize(0, 0, 0, 0, 0), clock, null,
        new JobStatus(record.State ?? JobState.Queued));

    /// <summary>How long ago something was that another process has written down; all that there is for that is the time of day.</summary>
    internal static TimeSpan Age(DateTimeOffset time, TimeProvider clock)
    {
        // The clock may have been set back since, and nothing is younger than new.
        TimeSpan age = clock.GetUtcNow() - time;
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }

    private static Job Make(JobRecord record, JobFingerprint fingerprint, JobSize size, TimeProvider clock, JobRequest? request,
        JobStatus status)
    {
        long ago = (long)(Age(record.Created, clock).TotalSeconds * clock.TimestampFrequency);
        var job = new Job(record.Id, JobKind.Stored, fingerprint, size, record.Created, clock.GetTimestamp() - ago)
        {
            Request = request,
            Record = record,
            IsTakenOver = true,
            IdempotencyKey = record.IdempotencyKey,
            Warnings = record.Warnings,
        };
        job.Become(status);
        return job;
    }

    private static Refusal? Error(JobRecord record) =>
        record.ErrorCode is not { } name ? null
        : ErrorCodes.Find(name) is { } code ? new Refusal(code, record.ErrorMessage ?? "")
        : new Refusal(ErrorCode.UnknownCode, $"{name}: {record.ErrorMessage}");

    private static JobResult? Result(JobRecord record) => record.ResultBytes is { } bytes ? new JobResult(bytes, record.ResultSha256)
        : null;
}
