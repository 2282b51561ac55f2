using System.Net;
using System.Text.Json;

namespace AttentionCluster.Chaos.Jobs;

/// <summary>Removes a job, in whatever state it is, whichever gateway has it.</summary>
internal static class JobRemoval
{
    /// <summary>How long one try may take: a gateway waits for a job's end for some seconds before it answers.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Deletes it until a gateway says that there is no such job: the first time may only have cancelled it.</summary>
    public static Task GoneAsync(GatewayCalls gateways, string id, CancellationToken cancellationToken) =>
        gateways.UntilAsync(() => new HttpRequestMessage(HttpMethod.Delete, $"/v1/jobs/{id}"), IsGoneAsync, s_patience, cancellationToken);

    private static async Task<string?> IsGoneAsync(HttpResponseMessage answer, CancellationTokenSource limit)
    {
        if (answer.StatusCode != HttpStatusCode.NotFound)
            return null;
        using JsonDocument problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(limit.Token));
        return problem.RootElement.GetProperty("code").GetString() == "no-such-job" ? "" : null;
    }
}
