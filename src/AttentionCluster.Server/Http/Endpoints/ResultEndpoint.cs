using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Http.Protocol;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>The result of a job; whole, in ranges, or only when it is not the one that the asker has.</summary>
internal static class ResultEndpoint
{
    internal static async Task<IResult> GetAsync(string id, JobBoard board, CancellationToken cancellationToken)
    {
        if (board.Find(id, out bool isElsewhere) is not { } job)
            return JobEndpoints.Missing(id, isElsewhere);
        JobStatus status = job.Status;
        if (status.State is JobState.Failed)
            return Problems.Of(ErrorCode.JobFailed, $"job {id} failed and has no result: {status.Error?.Message}");
        if (status.State is JobState.Cancelled)
            return Problems.Of(ErrorCode.JobCancelled, $"job {id} was cancelled and has no result; send it again");
        if (status.Result is not { } result)
            return Problems.Of(ErrorCode.JobNotFinished, $"job {id} has no result yet; {Routes.JobOf(id)}/events tells when it has");

        // Opened here: what is removed from now on can still be read to its end.
        FileStream? file = board.Folders.OpenResult(id);
        if (file is null)
            return board.Find(id) == job ? Damaged(id, "its file is gone") : JobEndpoints.Missing(id, isElsewhere: false);
        try
        {
            // The tag is a promise of these bytes, to those too who are sent none because they have them, or only some.
            if (await HashAsync(job, file, cancellationToken).ConfigureAwait(false) is var found && found != result.Sha256)
            {
                await file.DisposeAsync().ConfigureAwait(false);
                return Damaged(id, $"its SHA-256 is {found} instead of {result.Sha256}");
            }
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return new TaggedFile(file, new EntityTagHeaderValue($"\"{result.Sha256}\""), $"the result of job {id}");
    }

    private static IResult Damaged(string id, string reason) =>
        Problems.Of(ErrorCode.ResultDamaged, $"the result of job {id} is not what was computed ({reason}); delete the job, and send it "
            + "again");

    /// <summary>All of it is read when this process has not done so, and when it was written to since.</summary>
    private static async Task<string> HashAsync(Job job, FileStream file, CancellationToken cancellationToken)
    {
        if (job.ResultSeen is { } seen && seen.IsOf(file))
            return seen.Sha256;
        ResultHash hash = await Task.Run(() => ResultHash.Of(file, cancellationToken), cancellationToken).ConfigureAwait(false);
        job.ResultSeen = hash;
        return hash.Sha256;
    }
}
