using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Requests;

/// <summary>What of a file a request wants (RFC 9110, 14.2).</summary>
/// <param name="First">The first byte.</param>
/// <param name="Length">Bytes; 0 when nothing of the file is in the range that was asked for.</param>
/// <param name="IsPart">Whether it is an answer to a range.</param>
internal readonly record struct ByteRange(long First, long Length, bool IsPart)
{
    /// <summary>
    /// Of the ranges that a request may have, one range of bytes is given; several, and all that is none, are answered with the whole.
    /// </summary>
    /// <param name="request">The request; ranges mean something for GET alone.</param>
    /// <param name="length">Bytes of the file, at least 1.</param>
    /// <param name="tag">The file's, a strong one.</param>
    internal static ByteRange Of(HttpRequest request, long length, EntityTagHeaderValue tag)
    {
        var whole = new ByteRange(0, length, IsPart: false);
        if (!HttpMethods.IsGet(request.Method) || request.Headers.Range.Count != 1
            || !RangeHeaderValue.TryParse(request.Headers.Range[0], out RangeHeaderValue? range)
            || !range.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase) || range.Ranges is not { Count: 1 }
                || !IsOfThisFile(request, tag))
        {
            return whole;
        }

        RangeItemHeaderValue wanted = range.Ranges.First();
        long first = wanted.From ?? Math.Max(0, length - wanted.To!.Value);
        long last = wanted.From is null ? length - 1 : Math.Min(wanted.To ?? long.MaxValue, length - 1);
        return new ByteRange(first, Math.Max(0, last - first + 1), IsPart: true);
    }

    /// <summary>A condition that can't be read, or is a date, does not hold: there is no date to compare it with.</summary>
    private static bool IsOfThisFile(HttpRequest request, EntityTagHeaderValue tag) =>
        request.Headers.IfRange.Count == 0
        || (request.Headers.IfRange.Count == 1
            && RangeConditionHeaderValue.TryParse(request.Headers.IfRange[0], out RangeConditionHeaderValue? condition)
            && condition.EntityTag?.Compare(tag, useStrongComparison: true) == true);
}
