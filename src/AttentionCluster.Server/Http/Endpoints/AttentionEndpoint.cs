using AttentionCluster.Core;
using AttentionCluster.Server.Http.Bodies;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>Small jobs in one call: tensors in, tensors out, and the report in a header.</summary>
internal static class AttentionEndpoint
{
    internal static async Task<IResult> PostAsync(HttpContext context, JobIntake intake, JobBoard board)
    {
        (Job? job, Refusal? refusal) = await intake.TakeAsync(context, JobKind.Call).ConfigureAwait(false);
        if (job is null)
            return Problems.Of(refusal!, isCall: true);
        try
        {
            // Who sent it has gone: nobody waits for the result.
            await using (context.RequestAborted.Register(() => board.Cancel(job)))
                await job.Ended.ConfigureAwait(false);
            JobStatus status = job.Status;
            if (status.Result is null)
            {
                return Problems.Of(
                    status.Error ?? new Refusal(ErrorCode.ShuttingDown,
                        "the job was cancelled because this node is stopping; send it to another"), isCall: true);
            }

            await new ReportedResult(board.Folders.OpenResult(job.Id)!, status.Report!).ExecuteAsync(context).ConfigureAwait(false);
            return TypedResults.Empty;
        }
        finally
        {
            board.Remove(job);
        }
    }
}
