using AttentionCluster.Core.Reports;
using AttentionCluster.Server.Http.Bodies;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>The result of a job; whole, in ranges, or only when it is not the one that the asker has.</summary>
internal static class ResultEndpoint
{
    internal static IResult Get(string id, JobBoard board)
    {
        if (board.Find(id, out bool isElsewhere) is not { } job)
            return JobEndpoints.Missing(id, isElsewhere);
        JobStatus status = job.Status;
        if (status.State is JobState.Failed)
            return Problems.Of("job-failed", $"job {id} failed and has no result: {status.Error?.Message}");
        if (status.State is JobState.Cancelled)
            return Problems.Of("job-cancelled", $"job {id} was cancelled and has no result; send it again");
        if (status.Result is not { } result)
            return Problems.Of("job-not-finished", $"job {id} has no result yet; {Routes.JobOf(id)}/events tells when it has");

        // Opened here: what is removed from now on can still be read to its end.
        return board.Folders.OpenResult(id) is { } file
            ? TypedResults.Stream(
                file, TensorMediaType.Name, entityTag: new EntityTagHeaderValue($"\"{result.Sha256}\""), enableRangeProcessing: true)
            : JobEndpoints.Missing(id, isElsewhere: false);
    }
}
