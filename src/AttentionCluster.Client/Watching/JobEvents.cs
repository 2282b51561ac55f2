using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using AttentionCluster.Client.Transport;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Client.Watching;

/// <summary>
/// Follows a job by its server-sent events. Events that were missed while a connection was broken don't matter: each one holds the whole
/// job, and so does the plain call that comes before every new stream.
/// </summary>
internal sealed class JobEvents(Calls calls, string path)
{
    /// <summary>The job now, and each time the server says something new of it, until it has ended.</summary>
    public async IAsyncEnumerable<JobDocument> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int breaks = 0; ; breaks++)
        {
            JobDocument now = await calls.GetAsync(path, ApiJson.Default.JobDocument, cancellationToken).ConfigureAwait(false);
            yield return now;
            if (now.HasEnded())
                yield break;

            await foreach (JobDocument job in EventsAsync(cancellationToken).ConfigureAwait(false))
            {
                breaks = 0;
                yield return job;
                if (job.HasEnded())
                    yield break;
            }

            await calls.PauseAsync(breaks, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One stream, to its end or to where it breaks.</summary>
    private async IAsyncEnumerable<JobDocument> EventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = calls.Request(HttpMethod.Get, path + "/events");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using HttpResponseMessage answer = await calls
            .SendAsync(request, calls.Kind(repeatable: true, streamed: true), cancellationToken).ConfigureAwait(false);
        using var body = new SilenceGuard(
            await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), calls.Options.SilenceTimeout);

        IAsyncEnumerator<SseItem<JobDocument?>> events =
            SseParser.Create(body, Read).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (events.ConfigureAwait(false))
        {
            while (await HasNextAsync(events).ConfigureAwait(false))
            {
                if (events.Current.Data is { } job)
                    yield return job;
            }
        }
    }

    /// <summary>Null for an event that this version does not know.</summary>
    private JobDocument? Read(string type, ReadOnlySpan<byte> data) =>
        type is "progress" or "state" ? calls.Parse(data, ApiJson.Default.JobDocument) : null;

    private static async Task<bool> HasNextAsync(IAsyncEnumerator<SseItem<JobDocument?>> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            return false;
        }
    }
}
