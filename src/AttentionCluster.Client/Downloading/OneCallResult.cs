using System.Text.Json;
using AttentionCluster.Client.Transport;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Client.Downloading;

/// <summary>The answer to <c>POST /v1/attention</c>: a result, and the report in a header.</summary>
internal static class OneCallResult
{
    private const string ReportName = "attn-report";

    /// <summary>Writes the result, and returns the report.</summary>
    /// <exception cref="AttentionClientException">The connection broke, or there is no report.</exception>
    public static async Task<JobReport> ReadAsync(
        Calls calls, HttpResponseMessage answer, Stream destination, CancellationToken cancellationToken)
    {
        if (!answer.Headers.TryGetValues(ReportName, out IEnumerable<string>? values))
            throw calls.Malformed($"a result without the header {ReportName}");
        JobReport report;
        try
        {
            report = JobReport.FromJson(string.Concat(values));
        }
        catch (JsonException problem)
        {
            throw calls.Malformed(problem.Message);
        }

        using var body = new SilenceGuard(
            await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), Timeout.InfiniteTimeSpan);
        byte[] chunk = new byte[1 << 16];
        while (true)
        {
            int count;
            try
            {
                count = await body.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException)
            {
                throw calls.Lost(broken);
            }

            if (count == 0)
                break;
            await destination.WriteAsync(chunk.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }

        return report;
    }
}
