using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>A request that sends a job, with a key by which it can be repeated: whatever was answered, or lost, there is one job.</summary>
internal sealed class JobSubmission(JobWork work, WorkFiles files, string key)
{
    /// <summary>How long an upload may take; it is repeated then.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Sends it until a gateway has accepted it.</summary>
    /// <returns>The job's id.</returns>
    /// <exception cref="InvalidOperationException">It was refused for good.</exception>
    public Task<string> SendAsync(GatewayCalls gateways, CancellationToken cancellationToken) =>
        gateways.UntilAsync(Request, AcceptedAsync, s_patience, cancellationToken);

    private HttpRequestMessage Request()
    {
        var content = new StreamContent(File.OpenRead(files.Input(work)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-safetensors");
        return new HttpRequestMessage(HttpMethod.Post, $"/v1/jobs?{work.Query}")
        {
            Content = content,
            Headers = { { "Idempotency-Key", key } }
        };
    }

    private static async Task<string?> AcceptedAsync(HttpResponseMessage answer, CancellationTokenSource limit)
    {
        string text = await answer.Content.ReadAsStringAsync(limit.Token);
        if (answer.StatusCode == HttpStatusCode.Accepted)
            return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString();
        return GatewayCalls.MayPass(answer.StatusCode) ? null
            : throw new InvalidOperationException($"the job was refused: {(int)answer.StatusCode} {text}");
    }
}
