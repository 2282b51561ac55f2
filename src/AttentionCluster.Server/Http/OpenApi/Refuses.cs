using AttentionCluster.Server.Http.Errors;

namespace AttentionCluster.Server.Http.OpenApi;

/// <summary>Metadata of an endpoint: the codes of the problems that it answers with.</summary>
/// <param name="Codes">Of <see cref="ProblemCodes"/>.</param>
internal sealed record Refuses(params IReadOnlyList<string> Codes)
{
    /// <summary>What anything can answer with that reads a safetensors body.</summary>
    private static readonly string[] s_body =
    [
        "bad-request", "unknown-option", "wrong-option", "option-out-of-range", "malformed-body", "body-too-short", "body-too-long",
        "unsupported-media-type", "unsupported-content-coding", "unsupported-transfer-coding", "partial-body", "request-timeout", "unknown-tensor", "tensor-missing", "tensors-conflict", "wrong-shape", "wrong-type", "shapes-do-not-fit", "nonfinite-input",
        "kernel-not-available", "too-many-tasks", "job-too-large", "memory-limit", "store-full", "no-room-on-disk", "store-not-writable",
        "queue-full", "too-many-uploads", "shutting-down", ProblemCodes.InternalError,
    ];

    /// <summary>These, and what anything can answer with that reads a safetensors body.</summary>
    internal static Refuses Body(params IReadOnlyList<string> besides) => new([.. s_body, .. besides]);
}
