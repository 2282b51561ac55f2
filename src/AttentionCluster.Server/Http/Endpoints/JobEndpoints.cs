using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Server.Http.Bodies;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Http.Protocol;
using AttentionCluster.Server.Http.Requests;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>Jobs whose results are fetched later.</summary>
internal static class JobEndpoints
{
    /// <summary>How long an answer waits for a job that was told to stop; it takes a fraction of a second.</summary>
    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(5);

    internal static async Task<IResult> PostAsync(HttpContext context, JobIntake intake)
    {
        (Job? job, Refusal? refusal) = await intake.TakeAsync(context, JobKind.Stored).ConfigureAwait(false);
        return job is null
            ? Problems.Of(refusal!)
            : TypedResults.Accepted(Routes.JobOf(job.Id), new AcceptedDocument(job.Id));
    }

    internal static IResult List(JobBoard board) =>
        TypedResults.Ok(new JobListDocument([.. board.List().Select(listed => JobDocuments.Of(listed.Job, listed.Position))]));

    internal static IResult Get(string id, JobBoard board, HttpRequest request) =>
        board.Find(id, out bool isElsewhere) is { } job
            ? Conditions.AnswerOf(request, $"job {id}") ?? TypedResults.Ok(JobDocuments.Of(job, board.PositionOf(job)))
            : Missing(id, isElsewhere);

    /// <summary>Cancels a job that has not ended, and removes one that has.</summary>
    internal static async Task<IResult> DeleteAsync(string id, JobBoard board, TimeProvider clock, HttpRequest request,
        CancellationToken cancellationToken)
    {
        if (board.Find(id, out bool isElsewhere) is not { } job)
            return Missing(id, isElsewhere);
        if (Conditions.AnswerOf(request, $"job {id}") is { } conditional)
            return conditional;
        if (job.Status.HasEnded)
            return board.Remove(job) ? TypedResults.NoContent() : Missing(id, isElsewhere: false);

        board.Cancel(job);
        try
        {
            await job.Ended.WaitAsync(s_stopPatience, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It was told to stop, and will be listed as cancelled when it has.
        }

        return TypedResults.NoContent();
    }

    internal static IResult Missing(string id, bool isElsewhere) => isElsewhere
        ? Problems.Of(ErrorCode.JobElsewhere, $"another gateway of this store has job '{id}'; ask that one, or this one when that is no "
            + "more")
        : Problems.Of(ErrorCode.NoSuchJob, $"there is no job '{id}': it was never there, or was removed; {Routes.Jobs} lists those that "
            + "there are");
}
