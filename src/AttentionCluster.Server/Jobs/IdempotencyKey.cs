using AttentionCluster.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace AttentionCluster.Server.Jobs;

/// <summary>The header by which a request that is sent twice is one job (draft-ietf-httpapi-idempotency-key-header).</summary>
internal static class IdempotencyKey
{
    internal const string HeaderName = "Idempotency-Key";

    /// <summary>Characters; there are at most as many keys as jobs.</summary>
    internal const int LengthMax = 255;

    /// <summary>Reads it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="key">Null when there is none.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    internal static Refusal? Read(HttpRequest request, out string? key)
    {
        key = null;
        if (!request.Headers.TryGetValue(HeaderName, out StringValues values))
            return null;
        if (values is not [{ Length: > 0 and <= LengthMax } text] || !text.All(c => c is >= ' ' and <= '~'))
            return new Refusal(ErrorCode.WrongIdempotencyKey,
                $"{HeaderName} must be one text of 1 to {LengthMax} printable ASCII characters");
        key = text;
        return null;
    }
}
