using System.Globalization;
using AttentionCluster.Core;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Server.Http;

/// <summary>The limits of the HTTP API for attention. Every one is here, with its range and default.</summary>
public sealed record AttentionApiOptions
{
    private const int CountMax = 100_000;

    /// <summary>Jobs and calls that run at a time; from 1 to 1024. Of more than one, the last is kept for small ones. Default: 4.</summary>
    public int JobsRunningMax { get; init; } = 4;

    /// <summary>Jobs that wait or whose body is arriving; from 1 to 100 000. Default: 64.</summary>
    public int JobsQueuedMax { get; init; } = 64;

    /// <summary>
    /// Calls (<c>POST /v1/attention</c>) that wait or whose body is arriving; from 1 to 100 000. They have places of their own, because they
    /// cost a connection rather than a kept result. Default: 256.
    /// </summary>
    public int CallsQueuedMax { get; init; } = 256;

    /// <summary>
    /// Floating-point operations up to which a job counts as small; at least 0. Default: 10^11, less than a second on one node.
    /// </summary>
    public double SmallJobFlopsMax { get; init; } = 1e11;

    /// <summary>Bytes of the body of a call; from 1 KiB to 2 GiB. Default: 64 MiB.</summary>
    public long AttentionBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes of the header of a safetensors body, which is held in memory; from 1 KiB to <see cref="FormatLimits.SafetensorsHeaderBytesMax"/>.
    /// Q, K and V need some 300. Default: 1 MiB.
    /// </summary>
    public int HeaderBytesMax { get; init; } = 1 << 20;

    /// <summary>
    /// Bytes of the inputs and results of all jobs in the store; at least 1 MiB. The oldest results are removed when a new job needs their
    /// room. The disk's free space bounds them besides. Default: no bound but that.
    /// </summary>
    public long StoreBytesMax { get; init; } = long.MaxValue;

    /// <summary>Ended jobs that are kept; from 1 to 100 000. Default: 256.</summary>
    public int JobsKeptMax { get; init; } = 256;

    /// <summary>How long an ended job is kept; from 1 s to 365 days. Default: 1 day.</summary>
    public TimeSpan ResultAgeMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How often results that have become too old are looked for; from 1 s to 1 day. Default: 1 min.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The slowest arrival of a body over HTTP/1.1, in bytes a second: a slower one is broken off. At least 1. Default: 64 KiB.</summary>
    public double UploadBytesPerSecondMin { get; init; } = 64 << 10;

    /// <summary>How long a body may be slower than that; from 2 s to 1 h. Default: 10 s.</summary>
    public TimeSpan UploadGracePeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The shortest time between two events of a job; from 1 ms to 1 min. Default: 200 ms.</summary>
    public TimeSpan EventInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest time between two events of a job, changed or not; from 1 ms to 1 h. Default: 15 s.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The first value that is out of its range.</summary>
    /// <returns>Null when all are good.</returns>
    public Refusal? Validate() =>
        Range("jobs-running-max", JobsRunningMax, 1, 1024)
        ?? Range("jobs-queued-max", JobsQueuedMax, 1, CountMax)
        ?? Range("calls-queued-max", CallsQueuedMax, 1, CountMax)
        ?? Range("small-job-flops-max", SmallJobFlopsMax, 0, double.MaxValue)
        ?? Range("attention-bytes-max", AttentionBytesMax, 1 << 10, 2L << 30)
        ?? Range("header-bytes-max", HeaderBytesMax, 1 << 10, FormatLimits.SafetensorsHeaderBytesMax)
        ?? Range("store-bytes-max", StoreBytesMax, 1 << 20, long.MaxValue)
        ?? Range("jobs-kept-max", JobsKeptMax, 1, CountMax)
        ?? Range("result-age-max", ResultAgeMax, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365))
        ?? Range("sweep-interval", SweepInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1))
        ?? Range("upload-bytes-per-second-min", UploadBytesPerSecondMin, 1, double.MaxValue)
        ?? Range("upload-grace-period", UploadGracePeriod, TimeSpan.FromSeconds(2), TimeSpan.FromHours(1))
        ?? Range("event-interval", EventInterval, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1))
        ?? Range("heartbeat-interval", HeartbeatInterval, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));

    private static Refusal? Range(string name, TimeSpan value, TimeSpan min, TimeSpan max) =>
        Range(name, value.TotalSeconds, min.TotalSeconds, max.TotalSeconds);

    private static Refusal? Range(string name, double value, double min, double max) => value >= min && value <= max
        ? null
        : new Refusal("option-out-of-range", string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be from {min} to {max}"));
}
