using System.Net;
using AttentionCluster.Client.Transport;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Client.Submitting;

/// <summary>
/// Ends a job. The call that does it would remove a job that has ended, so it can't be repeated blindly: before each attempt the job is
/// looked at.
/// </summary>
internal sealed class Cancellation(Calls calls, string path)
{
    /// <summary>Ends the job.</summary>
    /// <returns>Whether there was something to end.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            JobDocument job = await calls.GetAsync(path, ApiJson.Default.JobDocument, cancellationToken).ConfigureAwait(false);
            if (job.HasEnded())
                return attempt > 1 && job.State == Core.Api.JobState.Cancelled;
            try
            {
                return await DeleteAsync(calls, path, repeatable: false, cancellationToken).ConfigureAwait(false);
            }
            catch (AttentionClientException passing) when (IsTransient(passing) && attempt <= calls.Options.RetriesMax)
            {
                await calls.PauseAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The call itself.</summary>
    /// <returns>False when the server knows no such job.</returns>
    public static async Task<bool> DeleteAsync(Calls calls, string path, bool repeatable, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = calls.Request(HttpMethod.Delete, path);
        try
        {
            using HttpResponseMessage answer =
                await calls.SendAsync(request, calls.Kind(repeatable), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (AttentionClientException problem) when (problem.Status == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private static bool IsTransient(AttentionClientException problem) =>
        problem.Status is null or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}
