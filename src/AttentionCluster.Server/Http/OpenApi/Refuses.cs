using AttentionCluster.Core;
using AttentionCluster.Server.Http.Errors;
using static AttentionCluster.Core.ErrorCode;

namespace AttentionCluster.Server.Http.OpenApi;

/// <summary>Metadata of an endpoint: the codes of the problems that it answers with.</summary>
/// <param name="Codes">Each has a status in <see cref="ProblemCodes"/>.</param>
internal sealed record Refuses(params IReadOnlyList<ErrorCode> Codes)
{
    /// <summary>What anything can answer with that reads a safetensors body.</summary>
    private static readonly ErrorCode[] s_body =
    [
        BadRequest, UnknownOption, WrongOption, OptionOutOfRange, MalformedBody, BodyTooShort, BodyTooLong,
        UnsupportedMediaType, UnsupportedContentCoding, UnsupportedTransferCoding, PartialBody, RequestTimeout,
        UnknownTensor, TensorMissing, TensorsConflict, WrongShape, WrongType, ShapesDoNotFit, NonfiniteInput, DocumentsNotRuns,
        KernelNotAvailable, TooManyTasks, TooManyDocuments, JobTooLarge, MemoryLimit, StoreFull, NoRoomOnDisk, StoreNotWritable,
        QueueFull, TooManyUploads, ShuttingDown, InternalError,
    ];

    /// <summary>These, and what anything can answer with that reads a safetensors body.</summary>
    internal static Refuses Body(params IReadOnlyList<ErrorCode> besides) => new([.. s_body, .. besides]);
}
