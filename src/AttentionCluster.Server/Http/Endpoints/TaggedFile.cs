using System.Globalization;
using AttentionCluster.Core;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Http.Protocol;
using AttentionCluster.Server.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Endpoints;

/// <summary>
/// A file with a strong tag as an answer: whole, a range of it, or nothing when the conditions of the request say so. Written by hand,
/// because ASP.NET's own takes any unit of a range for bytes, a date for a condition that holds, ranges of HEAD, and gives 412 and 416
/// without a word.
/// </summary>
/// <param name="file">Closed when the answer has been sent.</param>
/// <param name="tag">Of its bytes.</param>
/// <param name="name">What it is called in refusals.</param>
internal sealed class TaggedFile(FileStream file, EntityTagHeaderValue tag, string name) : IResult
{
    private const int CopiedBytes = 256 << 10;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using (file)
        {
            HttpResponse response = httpContext.Response;
            Conditions conditions = Conditions.Check(httpContext.Request, tag);
            ByteRange range = ByteRange.Of(httpContext.Request, file.Length, tag);
            if (!conditions.IsRight && !conditions.IsUnchanged)
                await Problems.Of(Conditions.Failed($"{name}, whose tag is {tag}")).ExecuteAsync(httpContext).ConfigureAwait(false);
            else if (conditions.IsRight && range.Length == 0)
                await NotSatisfiable(httpContext.Request).ExecuteAsync(httpContext).ConfigureAwait(false);
            else
                await SendAsync(response, conditions, range, httpContext).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(HttpResponse response, Conditions conditions, ByteRange range, HttpContext context)
    {
        response.Headers.ETag = tag.ToString();
        response.Headers.AcceptRanges = "bytes";
        if (conditions.IsUnchanged)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = TensorMediaType.Name;
        response.ContentLength = range.Length;
        if (range.IsPart)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange =
                new ContentRangeHeaderValue(range.First, range.First + range.Length - 1, file.Length).ToString();
        }

        if (HttpMethods.IsHead(context.Request.Method))
            return;
        file.Position = range.First;
        await StreamCopyOperation.CopyToAsync(file, response.Body, range.Length, CopiedBytes, context.RequestAborted).ConfigureAwait(false);
    }

    private IResult NotSatisfiable(HttpRequest request) => Problems.Of(
        new Refusal(ErrorCode.RangeNotSatisfiable, string.Create(
            CultureInfo.InvariantCulture, $"{name} has {file.Length} bytes, and nothing of it is in the range '{request.Headers.Range}'; "
                + $"ask for bytes from 0 to {file.Length - 1}")),
        headers: [(HeaderNames.ContentRange, new ContentRangeHeaderValue(file.Length).ToString()), (HeaderNames.AcceptRanges, "bytes")]);
}
