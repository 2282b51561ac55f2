namespace AttentionCluster.Core;

/// <summary>
/// Why a request, a job, a command or a setting is refused, or failed. A code's public name is the member's in lower case with hyphens
/// (<see cref="ErrorCodes.Name"/>): problem details, job documents and <c>attn</c> have that. Names are stable: a member is added or
/// removed, not renamed. Its HTTP status and the exit code of <c>attn</c> stand in tables that don't compile without it.
/// </summary>
public enum ErrorCode
{
    // What is wrong in itself, whoever is asked and when: an option, a tensor, a type, a shape, a number.

    /// <summary>There is no option of that name.</summary>
    UnknownOption,
    /// <summary>An option's value can't be read, or it is given more than once.</summary>
    WrongOption,
    /// <summary>An option, a setting or a number of an input is outside of its range.</summary>
    OptionOutOfRange,
    /// <summary>The input has a tensor of a name that no job has.</summary>
    UnknownTensor,
    /// <summary>A tensor that is needed is not there.</summary>
    TensorMissing,
    /// <summary>One tensor is given twice, or two tensors say the same thing.</summary>
    TensorsConflict,
    /// <summary>A tensor's element type is none that it may have.</summary>
    WrongType,
    /// <summary>A tensor's axes are none that it may have.</summary>
    WrongShape,
    /// <summary>Each tensor's shape is possible, and together they are not.</summary>
    ShapesDoNotFit,
    /// <summary>An input has NaN or infinity at a visible place, and <c>reject-nonfinite</c> was asked for.</summary>
    NonfiniteInput,
    /// <summary>Rows of one document do not stand together, and <c>causal</c> or <c>window</c> needs that.</summary>
    DocumentsNotRuns,
    /// <summary>The command line contradicts itself, or lacks something.</summary>
    WrongInput,
    /// <summary>There is no such file.</summary>
    FileMissing,
    /// <summary>The path is that of a folder.</summary>
    NotAFile,
    /// <summary>The file is there, and can't be read.</summary>
    FileUnreadable,
    /// <summary>The file is no npy, npz or safetensors file, or a damaged one.</summary>
    MalformedFile,
    /// <summary>The result can't be written where the caller wants it.</summary>
    OutputNotWritable,

    // A job that is right, and that this version, this machine or this cluster does not compute.

    /// <summary>No machine that is asked has the instructions of the kernel path.</summary>
    KernelNotAvailable,
    /// <summary>The plan has more tasks than the limit.</summary>
    TooManyTasks,
    /// <summary>A query block has more runs of document rows than a task can carry.</summary>
    TooManyDocuments,
    /// <summary>The plan took longer to make than it may.</summary>
    PlanningTimeout,
    /// <summary>A part of the job is larger than the memory for such parts.</summary>
    MemoryLimit,
    /// <summary>The job as a whole is larger than what a gateway can hold or keep account of.</summary>
    JobTooLarge,
    /// <summary>The job is too large for one call; it can be submitted.</summary>
    AttentionTooLarge,

    // Requests over HTTP.

    /// <summary>The request can't be read.</summary>
    BadRequest,
    /// <summary>The body is no safetensors file.</summary>
    MalformedBody,
    /// <summary>The body ends before its header says.</summary>
    BodyTooShort,
    /// <summary>The body goes on behind the end that its header says.</summary>
    BodyTooLong,
    /// <summary>The body is a part of one (<c>Content-Range</c>).</summary>
    PartialBody,
    /// <summary>The content type is none that the address takes.</summary>
    UnsupportedMediaType,
    /// <summary>The content encoding is none that is decoded here.</summary>
    UnsupportedContentCoding,
    /// <summary>The transfer encoding is none that is decoded here.</summary>
    UnsupportedTransferCoding,
    /// <summary>The request, or its header, has more bytes than a limit.</summary>
    RequestTooLarge,
    /// <summary>The request came too slowly.</summary>
    RequestTimeout,
    /// <summary>The idempotency key is empty, too long, or not printable ASCII.</summary>
    WrongIdempotencyKey,
    /// <summary>The idempotency key came before with another job.</summary>
    IdempotencyKeyReused,
    /// <summary>A request with the same idempotency key is being received.</summary>
    IdempotencyKeyInUse,
    /// <summary>A condition of the request does not hold.</summary>
    PreconditionFailed,
    /// <summary>The result has no such range of bytes.</summary>
    RangeNotSatisfiable,
    /// <summary>There is nothing at this address.</summary>
    NotFound,
    /// <summary>The method means nothing at this address.</summary>
    MethodNotAllowed,
    /// <summary>The method means nothing at any address.</summary>
    MethodNotKnown,

    // What a node does not take from this caller, or not now.

    /// <summary>The request lacks the node's token; or the settings lack one that an address needs.</summary>
    TokenMissing,
    /// <summary>The request names a host that is not this node's.</summary>
    HostNotAllowed,
    /// <summary>The request comes from a page of another site.</summary>
    OriginNotAllowed,
    /// <summary>The node, or the caller's address, has as many connections as it may.</summary>
    TooManyConnections,
    /// <summary>The node, or the caller's address, has as many uploads as it may.</summary>
    TooManyUploads,
    /// <summary>As many jobs wait as may.</summary>
    QueueFull,
    /// <summary>The jobs that are kept take all the room that the settings give them.</summary>
    StoreFull,
    /// <summary>The disk of the node's store is full.</summary>
    NoRoomOnDisk,
    /// <summary>An input, a record or a result can't be written to the node's store.</summary>
    StoreNotWritable,
    /// <summary>The node is stopping or leaves its cluster.</summary>
    ShuttingDown,
    /// <summary>The node takes no jobs now.</summary>
    NotReady,
    /// <summary>The node's process is of no use any more.</summary>
    NotLive,

    // Jobs, and how they end.

    /// <summary>There is no job of that id.</summary>
    NoSuchJob,
    /// <summary>Another gateway has the job.</summary>
    JobElsewhere,
    /// <summary>A job of that id has not ended yet.</summary>
    JobIdInUse,
    /// <summary>The job has no result yet.</summary>
    JobNotFinished,
    /// <summary>The job failed, and has no result.</summary>
    JobFailed,
    /// <summary>The job was cancelled, and has no result.</summary>
    JobCancelled,
    /// <summary>A task failed too often, or was lost with too many workers.</summary>
    TaskFailed,
    /// <summary>Nothing came of any task for longer than the limit.</summary>
    NoProgress,
    /// <summary>The actor that coordinates the job ended by a defect.</summary>
    CoordinatorFailed,
    /// <summary>A task has more bytes than a message between nodes may.</summary>
    MessageTooLarge,
    /// <summary>The disk does not give the input back.</summary>
    InputNotReadable,
    /// <summary>The input on the disk is not what was received.</summary>
    InputDamaged,
    /// <summary>The result is not what was computed, or did not arrive as it was sent.</summary>
    ResultDamaged,
    /// <summary>The record of the job can't be read.</summary>
    RecordDamaged,
    /// <summary>The node that coordinated the job stopped.</summary>
    NodeStopped,
    /// <summary>The job's gateways ended again and again while it ran.</summary>
    CrashLoop,
    /// <summary>A newer version began the job, and only such a one can go on with it.</summary>
    JournalOfNewerVersion,
    /// <summary>The job's rows so far were computed by another version of the bits.</summary>
    BitContractDiffers,
    /// <summary>Another version ended the job with a code that this one does not know; the message begins with that.</summary>
    UnknownCode,
    /// <summary>A defect; the node's log has the reason.</summary>
    InternalError,

    // Nodes that are told to leave.

    /// <summary>The cluster has no node of that name.</summary>
    NoSuchNode,
    /// <summary>The node is no worker, and only workers are drained.</summary>
    NodeNotAWorker,
    /// <summary>The node has not proved that it is of this cluster.</summary>
    NodeNotTrusted,
    /// <summary>The node did not answer.</summary>
    NodeNotReachable,

    // Settings of a node.

    /// <summary>The node's name is empty, too long, or has white space.</summary>
    NameNotValid,
    /// <summary>An address can't be listened on, or is none.</summary>
    AddressNotValid,
    /// <summary>A node that listens on all addresses does not say by which others reach it.</summary>
    AdvertisedHostMissing,
    /// <summary>An allowed host is none.</summary>
    HostNotValid,
    /// <summary>HTTPS lacks the certificate or its key.</summary>
    CertificateMissing,
    /// <summary>The token is too short, or has characters that no header can carry.</summary>
    TokenNotValid,
    /// <summary>The secret between nodes is too short.</summary>
    SecretTooShort,

    // What a client finds without an answer that it can use.

    /// <summary>No connection could be made.</summary>
    Unreachable,
    /// <summary>The connection broke, and repeating the call did not help or was not safe.</summary>
    ConnectionLost,
    /// <summary>Nothing moved for as long as the client waits.</summary>
    NoAnswer,
    /// <summary>An answer that is none of this interface: another program's, or another version's.</summary>
    MalformedAnswer,
    /// <summary>The result became another one while it was downloaded into a stream that can't be rewound.</summary>
    ResultChanged,
}
