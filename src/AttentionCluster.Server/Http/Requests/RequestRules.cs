using AttentionCluster.Core;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Http.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Requests;

/// <summary>
/// What RFC 9110 and 9112 say of any request and ASP.NET leaves to the application: a coding of the body that nobody undoes, a body that is
/// only a part of one, conditions, and options where there are none. What is not honoured is refused: believed or passed over, it would be
/// another request.
/// </summary>
internal sealed class RequestRules : IEndpointFilter
{
    private const string Chunked = "chunked";

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        Answer(context.HttpContext) is { } answer ? ValueTask.FromResult<object?>(answer) : next(context);

    /// <returns>Null when the endpoint is to answer.</returns>
    private static IResult? Answer(HttpContext context)
    {
        HttpRequest request = context.Request;
        EndpointMetadataCollection? metadata = context.GetEndpoint()?.Metadata;
        Refusal? refusal = CheckCodings(request.Headers)
            ?? (metadata?.GetMetadata<TakesTensors>() is null ? CheckNoOptions(request.Query) : null);
        return refusal is not null ? Problems.Of(refusal)
            : metadata?.GetMetadata<ChecksConditions>() is null ? Conditions.AnswerOf(request, "what is here")
            : null;
    }

    private static Refusal? CheckCodings(IHeaderDictionary headers) =>
        headers.TransferEncoding is { Count: > 0 } framing && !framing.ToString().Trim().Equals(Chunked, StringComparison.OrdinalIgnoreCase)
            ? new Refusal(ErrorCode.UnsupportedTransferCoding,
                $"the transfer encoding is '{framing}'; send the body as it is, chunked or with its length")
        : headers.ContentEncoding.FirstOrDefault(coding => coding is not null
            && !coding.Trim().Equals(TensorMediaType.Identity, StringComparison.OrdinalIgnoreCase)) is { } coding
            ? new Refusal(ErrorCode.UnsupportedContentCoding,
                $"the content encoding is '{coding}', and bodies are not decoded here; send the body as it is")
        : headers.ContainsKey(HeaderNames.ContentRange)
            ? new Refusal(ErrorCode.PartialBody, $"the body is a part of one ({HeaderNames.ContentRange}: {headers.ContentRange}); send "
                + "all of it in one request")
        : null;

    private static Refusal? CheckNoOptions(IQueryCollection query)
    {
        foreach (KeyValuePair<string, StringValues> option in query)
            return new Refusal(ErrorCode.UnknownOption, $"there is no option '{option.Key}' at this address; leave it out");
        return null;
    }
}
