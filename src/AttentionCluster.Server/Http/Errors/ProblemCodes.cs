using System.Collections.Frozen;
using AttentionCluster.Core;
using Microsoft.AspNetCore.Http;
using static AttentionCluster.Core.ErrorCode;

namespace AttentionCluster.Server.Http.Errors;

/// <summary>The codes of problem details: the HTTP status of each, and the other way round.</summary>
internal static class ProblemCodes
{
    /// <summary>Codes of answers to any request, whatever its endpoint.</summary>
    internal static IReadOnlyList<ErrorCode> OfTheNode { get; } =
        [TokenMissing, HostNotAllowed, OriginNotAllowed, TooManyConnections, MethodNotKnown, PreconditionFailed, UnknownOption];

    /// <summary>Codes of answers that no endpoint gives: those of the server itself.</summary>
    private static readonly FrozenDictionary<int, ErrorCode> s_byStatus = new Dictionary<int, ErrorCode>
    {
        [StatusCodes.Status400BadRequest] = ErrorCode.BadRequest,
        [StatusCodes.Status404NotFound] = ErrorCode.NotFound,
        [StatusCodes.Status405MethodNotAllowed] = ErrorCode.MethodNotAllowed,
        [StatusCodes.Status408RequestTimeout] = ErrorCode.RequestTimeout,
        [StatusCodes.Status413PayloadTooLarge] = ErrorCode.RequestTooLarge,
        [StatusCodes.Status415UnsupportedMediaType] = ErrorCode.UnsupportedMediaType,
        [StatusCodes.Status500InternalServerError] = ErrorCode.InternalError,
    }.ToFrozenDictionary();

    /// <summary>
    /// The status of an answer with a code; null for one that no answer has: it is told in a job's document, by a command line, or as a
    /// node starts.
    /// </summary>
#pragma warning disable CS8524 // No arm for numbers that are no member, so that a member without an arm (CS8509) does not compile.
    internal static int? StatusOf(ErrorCode code) => code switch
    {
        UnknownOption or WrongOption or OptionOutOfRange or UnknownTensor or TensorMissing or TensorsConflict or WrongType or WrongShape
            or ShapesDoNotFit
            or NonfiniteInput or DocumentsNotRuns or BadRequest or MalformedBody or BodyTooShort or BodyTooLong or PartialBody
                or WrongIdempotencyKey
            => StatusCodes.Status400BadRequest,
        TokenMissing => StatusCodes.Status401Unauthorized,
        HostNotAllowed or OriginNotAllowed => StatusCodes.Status403Forbidden,
        NotFound or NoSuchJob or NoSuchNode => StatusCodes.Status404NotFound,
        MethodNotAllowed => StatusCodes.Status405MethodNotAllowed,
        RequestTimeout => StatusCodes.Status408RequestTimeout,
        IdempotencyKeyInUse or JobNotFinished or NodeNotAWorker or NodeNotTrusted => StatusCodes.Status409Conflict,
        JobFailed or JobCancelled or ResultDamaged => StatusCodes.Status410Gone,
        PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        AttentionTooLarge or JobTooLarge or PlanningTimeout or MemoryLimit or RequestTooLarge => StatusCodes.Status413PayloadTooLarge,
        UnsupportedMediaType or UnsupportedContentCoding => StatusCodes.Status415UnsupportedMediaType,
        RangeNotSatisfiable => StatusCodes.Status416RangeNotSatisfiable,
        KernelNotAvailable or TooManyTasks or TooManyDocuments or IdempotencyKeyReused => StatusCodes.Status422UnprocessableEntity,
        QueueFull or TooManyUploads or TooManyConnections => StatusCodes.Status429TooManyRequests,
        TaskFailed or CoordinatorFailed or MessageTooLarge or InputNotReadable or InputDamaged or JobIdInUse or InternalError
            => StatusCodes.Status500InternalServerError,
        UnsupportedTransferCoding or MethodNotKnown => StatusCodes.Status501NotImplemented,
        ShuttingDown or NotReady or NotLive or JobElsewhere or NodeNotReachable or NodeStopped or NoProgress =>
            StatusCodes.Status503ServiceUnavailable,
        StoreFull or NoRoomOnDisk or StoreNotWritable => StatusCodes.Status507InsufficientStorage,

        // Of jobs that another process began, or that ended there: a call is none of these.
        RecordDamaged or CrashLoop or JournalOfNewerVersion or BitContractDiffers or UnknownCode => null,

        // Of command lines, of settings, and of clients without a usable answer.
        WrongInput or FileMissing or NotAFile or FileUnreadable or MalformedFile or OutputNotWritable => null,
        NameNotValid or AddressNotValid or AdvertisedHostMissing or HostNotValid or CertificateMissing or TokenNotValid
            or SecretTooShort => null,
        Unreachable or ConnectionLost or NoAnswer or MalformedAnswer or ResultChanged => null,
    };
#pragma warning restore CS8524

    /// <summary>Whether the same request may be answered otherwise a little later, without anything having been changed.</summary>
    internal static bool IsWorthAnotherTry(ErrorCode code) =>
        StatusOf(code) is StatusCodes.Status408RequestTimeout or StatusCodes.Status429TooManyRequests
            or StatusCodes.Status503ServiceUnavailable
        || code is JobNotFinished or IdempotencyKeyInUse;

    /// <summary>The code of an answer that came without one.</summary>
    internal static ErrorCode CodeOf(int status) =>
        s_byStatus.TryGetValue(status, out ErrorCode code) ? code : status < StatusCodes.Status500InternalServerError ? BadRequest
            : InternalError;
}
