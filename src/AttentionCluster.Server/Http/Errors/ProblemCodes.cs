using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace AttentionCluster.Server.Http.Errors;

/// <summary>The stable codes of problem details, and the status that each of them has.</summary>
internal static class ProblemCodes
{
    internal const string InternalError = "internal-error";

    /// <summary>Every code that the API answers with.</summary>
    internal static IReadOnlyDictionary<string, int> Statuses { get; } = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        // What was sent can't be read.
        ["bad-request"] = StatusCodes.Status400BadRequest,
        ["unknown-option"] = StatusCodes.Status400BadRequest,
        ["wrong-option"] = StatusCodes.Status400BadRequest,
        ["option-out-of-range"] = StatusCodes.Status400BadRequest,
        ["wrong-idempotency-key"] = StatusCodes.Status400BadRequest,
        ["malformed-body"] = StatusCodes.Status400BadRequest,
        ["body-too-short"] = StatusCodes.Status400BadRequest,
        ["body-too-long"] = StatusCodes.Status400BadRequest,

        // It can be read, and is wrong in itself: see Refusal.InputCodes.
        ["unknown-tensor"] = StatusCodes.Status400BadRequest,
        ["tensor-missing"] = StatusCodes.Status400BadRequest,
        ["tensors-conflict"] = StatusCodes.Status400BadRequest,
        ["wrong-type"] = StatusCodes.Status400BadRequest,
        ["wrong-shape"] = StatusCodes.Status400BadRequest,
        ["shapes-do-not-fit"] = StatusCodes.Status400BadRequest,
        ["nonfinite-input"] = StatusCodes.Status400BadRequest,

        // It is in a form that is not read here.
        ["unsupported-media-type"] = StatusCodes.Status415UnsupportedMediaType,
        ["unsupported-content-coding"] = StatusCodes.Status415UnsupportedMediaType,
        ["unsupported-transfer-coding"] = StatusCodes.Status501NotImplemented,
        ["partial-body"] = StatusCodes.Status400BadRequest,
        ["precondition-failed"] = StatusCodes.Status412PreconditionFailed,
        ["range-not-satisfiable"] = StatusCodes.Status416RangeNotSatisfiable,
        ["request-timeout"] = StatusCodes.Status408RequestTimeout,

        // It is right, and no job that this version, or this machine, computes.
        ["kernel-not-available"] = StatusCodes.Status422UnprocessableEntity,
        ["too-many-tasks"] = StatusCodes.Status422UnprocessableEntity,
        ["idempotency-key-reused"] = StatusCodes.Status422UnprocessableEntity,

        // It is one, and goes beyond a limit.
        ["attention-too-large"] = StatusCodes.Status413PayloadTooLarge,
        ["job-too-large"] = StatusCodes.Status413PayloadTooLarge,
        ["planning-timeout"] = StatusCodes.Status413PayloadTooLarge,
        ["memory-limit"] = StatusCodes.Status413PayloadTooLarge,
        ["request-too-large"] = StatusCodes.Status413PayloadTooLarge,
        ["store-full"] = StatusCodes.Status507InsufficientStorage,
        ["no-room-on-disk"] = StatusCodes.Status507InsufficientStorage,
        ["store-not-writable"] = StatusCodes.Status507InsufficientStorage,
        ["queue-full"] = StatusCodes.Status429TooManyRequests,
        ["too-many-uploads"] = StatusCodes.Status429TooManyRequests,
        ["too-many-connections"] = StatusCodes.Status429TooManyRequests,
        ["shutting-down"] = StatusCodes.Status503ServiceUnavailable,

        // The node does not take it.
        ["token-missing"] = StatusCodes.Status401Unauthorized,
        ["host-not-allowed"] = StatusCodes.Status403Forbidden,
        ["origin-not-allowed"] = StatusCodes.Status403Forbidden,
        ["not-ready"] = StatusCodes.Status503ServiceUnavailable,
        ["not-live"] = StatusCodes.Status503ServiceUnavailable,

        // The job is not in the state that the request needs.
        ["idempotency-key-in-use"] = StatusCodes.Status409Conflict,
        ["job-not-finished"] = StatusCodes.Status409Conflict,
        ["job-failed"] = StatusCodes.Status410Gone,
        ["result-damaged"] = StatusCodes.Status410Gone,
        ["job-cancelled"] = StatusCodes.Status410Gone,
        ["no-such-job"] = StatusCodes.Status404NotFound,
        ["job-elsewhere"] = StatusCodes.Status503ServiceUnavailable,

        // The node does not do what it is told.
        ["no-such-node"] = StatusCodes.Status404NotFound,
        ["node-not-a-worker"] = StatusCodes.Status409Conflict,
        ["node-not-trusted"] = StatusCodes.Status409Conflict,
        ["node-not-reachable"] = StatusCodes.Status503ServiceUnavailable,

        // There is no such address.
        ["not-found"] = StatusCodes.Status404NotFound,
        ["method-not-allowed"] = StatusCodes.Status405MethodNotAllowed,
        ["method-not-known"] = StatusCodes.Status501NotImplemented,

        // A call was computed, and failed.
        ["task-failed"] = StatusCodes.Status500InternalServerError,
        ["coordinator-failed"] = StatusCodes.Status500InternalServerError,
        ["message-too-large"] = StatusCodes.Status500InternalServerError,
        ["input-not-readable"] = StatusCodes.Status500InternalServerError,
        ["input-damaged"] = StatusCodes.Status500InternalServerError,
        ["node-stopped"] = StatusCodes.Status503ServiceUnavailable,
        ["no-progress"] = StatusCodes.Status503ServiceUnavailable,
        ["result-not-writable"] = StatusCodes.Status507InsufficientStorage,
        [InternalError] = StatusCodes.Status500InternalServerError,
    }.ToFrozenDictionary();

    /// <summary>Codes of answers to any request, whatever its endpoint.</summary>
    internal static IReadOnlyList<string> OfTheNode { get; } =
        ["token-missing", "host-not-allowed", "origin-not-allowed", "too-many-connections", "method-not-known", "precondition-failed", "unknown-option"];

    /// <summary>Codes of answers that no endpoint gives: those of the server itself.</summary>
    private static readonly FrozenDictionary<int, string> s_byStatus = new Dictionary<int, string>
    {
        [StatusCodes.Status400BadRequest] = "bad-request",
        [StatusCodes.Status404NotFound] = "not-found",
        [StatusCodes.Status405MethodNotAllowed] = "method-not-allowed",
        [StatusCodes.Status408RequestTimeout] = "request-timeout",
        [StatusCodes.Status413PayloadTooLarge] = "request-too-large",
        [StatusCodes.Status415UnsupportedMediaType] = "unsupported-media-type",
        [StatusCodes.Status500InternalServerError] = InternalError,
    }.ToFrozenDictionary();

    /// <summary>The status of a refusal; one that has no entry is a failure of this program.</summary>
    internal static int StatusOf(string code) => Statuses.GetValueOrDefault(code, StatusCodes.Status500InternalServerError);

    /// <summary>Whether the same request may be answered otherwise a little later, without anything having been changed.</summary>
    internal static bool IsWorthAnotherTry(string code) =>
        StatusOf(code) is StatusCodes.Status408RequestTimeout or StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable
        || code is "job-not-finished" or "idempotency-key-in-use";

    /// <summary>The code of an answer that came without one.</summary>
    internal static string CodeOf(int status) =>
        s_byStatus.GetValueOrDefault(status) ?? (status < StatusCodes.Status500InternalServerError ? "bad-request" : InternalError);
}
