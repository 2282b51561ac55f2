using AttentionCluster.Core;
using AttentionCluster.Server.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Requests;

/// <summary>
/// The conditions of a request (RFC 9110, 13.2.2) on something that is there. Nothing here has a date of its last change, so conditions on
/// dates are passed over, as the standard wants it; a tag that is none is no tag of ours.
/// </summary>
/// <param name="IsRight">Whether the request is to be carried out.</param>
/// <param name="IsUnchanged">Whether it is not because the asker has what there is: 304 for who reads.</param>
internal readonly record struct Conditions(bool IsRight, bool IsUnchanged = false)
{
    /// <summary>Evaluates them, in the order of the standard.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tag">Of what there is; null where nothing has a tag.</param>
    internal static Conditions Check(HttpRequest request, EntityTagHeaderValue? tag)
    {
        IHeaderDictionary headers = request.Headers;
        if (headers.IfMatch.Count > 0 && !Names(headers.IfMatch, tag, isStrong: true))
            return new Conditions(false);
        if (headers.IfNoneMatch.Count > 0 && Names(headers.IfNoneMatch, tag, isStrong: false))
            return new Conditions(false, HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));
        return new Conditions(true);
    }

    /// <summary>As <see cref="Check"/>, for what has no tag.</summary>
    /// <param name="request">The request.</param>
    /// <param name="subject">What is there, in the words of the refusal.</param>
    /// <returns>Null when the request is to be carried out, else the answer.</returns>
    internal static IResult? AnswerOf(HttpRequest request, string subject) => Check(request, tag: null) switch
    {
        { IsRight: true } => null,
        { IsUnchanged: true } => TypedResults.StatusCode(StatusCodes.Status304NotModified),
        _ => Problems.Of(Failed(subject)),
    };

    /// <summary>The refusal of a request whose condition does not hold.</summary>
    /// <param name="subject">What there is.</param>
    internal static Refusal Failed(string subject) => new(
        ErrorCode.PreconditionFailed, $"a condition of the request ({HeaderNames.IfMatch} or {HeaderNames.IfNoneMatch}) does not hold for "
            + $"{subject}; ask without it to see what there is");

    /// <summary>Whether a list of tags has this one, or is <c>*</c>.</summary>
    private static bool Names(StringValues lines, EntityTagHeaderValue? tag, bool isStrong) =>
        EntityTagHeaderValue.TryParseStrictList(lines.OfType<string>().ToList(), out IList<EntityTagHeaderValue>? tags)
        && tags.Any(named => named == EntityTagHeaderValue.Any || (tag is not null && named.Compare(tag, useStrongComparison: isStrong)));
}
