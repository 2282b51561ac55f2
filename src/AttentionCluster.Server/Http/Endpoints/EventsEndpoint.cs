using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using AttentionCluster.Core.Api;
using AttentionCluster.Server.Http.Requests;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>
/// A job's life as server-sent events. Nothing is queued for a reader: each event is the job as it is when the reader has taken the one
/// before, so a slow reader misses steps, and a vanished one costs nothing.
/// </summary>
internal static class EventsEndpoint
{
    private const string StateEvent = "state";
    private const string ProgressEvent = "progress";

    internal static IResult Get(string id, JobBoard board, JobsOptions options, TimeProvider clock, HttpContext context)
    {
        if (board.Find(id, out bool isElsewhere) is not { } job)
            return JobEndpoints.Missing(id, isElsewhere);
        if (Conditions.AnswerOf(context.Request, $"job {id}") is { } conditional)
            return conditional;
        if (!HttpMethods.IsHead(context.Request.Method))
            return TypedResults.ServerSentEvents(EventsAsync(job, board, options, clock));

        // Without a body there is nothing to wait for.
        context.Response.ContentType = "text/event-stream";
        return TypedResults.Empty;
    }

    private static async IAsyncEnumerable<SseItem<JobDocument>> EventsAsync(
        Job job, JobBoard board, JobsOptions options, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellationToken =
            default)
    {
        JobState? told = null;
        while (true)
        {
            // Asked for before the job is looked at: what changes in between is then told next.
            Task change = job.NextChange();
            JobDocument now = JobDocuments.Of(job, board.PositionOf(job));
            yield return new SseItem<JobDocument>(now, now.State == told ? ProgressEvent : StateEvent);
            if (now.State is JobState.Succeeded or JobState.Failed or JobState.Cancelled || job.IsLeft)
                yield break;
            told = now.State;
            await Task.Delay(options.EventInterval, clock, cancellationToken).ConfigureAwait(false);
            try
            {
                await change.WaitAsync(options.HeartbeatInterval, clock, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Said again, so that both ends and everything between them know that the connection lives.
            }
        }
    }
}
