using AttentionCluster.Core;
using static AttentionCluster.Core.ErrorCode;

namespace AttentionCluster.Cli.Terminal;

/// <summary>The exit code of a command that ends with an error.</summary>
internal static class ErrorExit
{
    /// <summary>
    /// <see cref="ExitCode.WrongInput"/> for what the caller must change, in the job, the command line or the settings;
    /// <see cref="ExitCode.ClusterFailed"/> for what may go well with another cluster, or at another time.
    /// </summary>
#pragma warning disable CS8524 // No arm for numbers that are no member, so that a member without an arm (CS8509) does not compile.
    public static int Of(ErrorCode code) => code switch
    {
        UnknownOption or WrongOption or OptionOutOfRange or UnknownTensor or TensorMissing or TensorsConflict or WrongType or WrongShape
            or ShapesDoNotFit
            or NonfiniteInput or DocumentsNotRuns => ExitCode.WrongInput,
        WrongInput or FileMissing or NotAFile or FileUnreadable or MalformedFile or OutputNotWritable => ExitCode.WrongInput,
        KernelNotAvailable or TooManyTasks or TooManyDocuments or PlanningTimeout or MemoryLimit or JobTooLarge or AttentionTooLarge
            => ExitCode.WrongInput,
        BadRequest or MalformedBody or BodyTooShort or BodyTooLong or PartialBody or UnsupportedMediaType or UnsupportedContentCoding
            or RequestTooLarge
            or WrongIdempotencyKey or IdempotencyKeyReused or PreconditionFailed or RangeNotSatisfiable or NotFound or MethodNotAllowed
            => ExitCode.WrongInput,
        TokenMissing or HostNotAllowed or OriginNotAllowed => ExitCode.WrongInput,
        NoSuchJob or NoSuchNode or NodeNotAWorker or NodeNotTrusted => ExitCode.WrongInput,
        NameNotValid or AddressNotValid or AdvertisedHostMissing or HostNotValid or CertificateMissing or TokenNotValid
            or SecretTooShort => ExitCode.WrongInput,

        UnsupportedTransferCoding or IdempotencyKeyInUse or RequestTimeout or MethodNotKnown => ExitCode.ClusterFailed,
        TooManyConnections or TooManyUploads or QueueFull or StoreFull or NoRoomOnDisk or StoreNotWritable or ShuttingDown or NotReady
            or NotLive
            => ExitCode.ClusterFailed,
        JobElsewhere or JobIdInUse or JobNotFinished or JobFailed or JobCancelled or TaskFailed or NoProgress or CoordinatorFailed
            or MessageTooLarge
            or InputNotReadable or InputDamaged or ResultDamaged or RecordDamaged or NodeStopped or CrashLoop or JournalOfNewerVersion
                or BitContractDiffers or UnknownCode or InternalError => ExitCode.ClusterFailed,
        NodeNotReachable or Unreachable or ConnectionLost or NoAnswer or MalformedAnswer or ResultChanged => ExitCode.ClusterFailed,
    };
#pragma warning restore CS8524
}
