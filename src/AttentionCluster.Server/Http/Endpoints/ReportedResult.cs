using AttentionCluster.Core.Api;
using AttentionCluster.Server.Http.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>
/// A result file as an answer's body, with the job's report in a header: the job has ended before the first byte is sent.
/// </summary>
/// <param name="file">Closed when the answer has been sent.</param>
/// <param name="report">Of the job.</param>
internal sealed class ReportedResult(FileStream file, JobReport report) : IResult
{
    /// <summary>The header: the report's JSON on one line, in ASCII, because JSON escapes everything else.</summary>
    internal const string ReportHeader = "attn-report";

    /// <summary>Bytes of it: what a proxy takes of all headers together is often twice that.</summary>
    internal const int ReportBytesMax = 4 << 10;

    private const int CopiedBytes = 256 << 10;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using (file)
        {
            HttpResponse response = httpContext.Response;
            response.ContentType = TensorMediaType.Name;
            response.ContentLength = file.Length;
            response.Headers[ReportHeader] = report.ToJson(ReportBytesMax);
            await StreamCopyOperation.CopyToAsync(file, response.Body, file.Length, CopiedBytes, httpContext.RequestAborted)
                .ConfigureAwait(false);
        }
    }
}
