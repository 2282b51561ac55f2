using AttentionCluster.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AttentionCluster.Server.Http.Protocol;

/// <summary>The media type of tensors.</summary>
internal static class TensorMediaType
{
    internal const string Name = "application/x-safetensors";

    /// <summary>The coding of a body that is not coded (RFC 9110, 8.4.1).</summary>
    internal const string Identity = "identity";

    /// <summary>Whether a request's body has it.</summary>
    internal static Refusal? Check(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && type.MediaType.Equals(Name, StringComparison.OrdinalIgnoreCase)
            ? null
            : new Refusal(ErrorCode.UnsupportedMediaType,
                $"the content type is {(string.IsNullOrEmpty(request.ContentType) ? "missing" : $"'{request.ContentType}'")}; send {Name}");
}
