using AttentionCluster.Core;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Server.Jobs;

/// <summary>The limits of the HTTP API for attention. Every one is here, with its range and default.</summary>
public sealed record JobsOptions
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
    /// Jobs, and as many calls, whose bodies arrive from one address (of IPv6, from one /64); from 1 to 100 000. To be raised where a proxy stands before the
    /// node. Default: null, three quarters of the places, and not less than 16.
    /// </summary>
    public int? UploadsPerAddressMax { get; init; }

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
    public Refusal? Validate() => Refusals() is [Refusal first, ..] ? first : null;

    /// <summary>All values that are out of their ranges, each with the reason; empty when none is.</summary>
    public IReadOnlyList<Refusal> Refusals()
    {
        var checks = new OptionChecks();
        checks.Range(nameof(JobsRunningMax), JobsRunningMax, 1, 1024);
        checks.Range(nameof(JobsQueuedMax), JobsQueuedMax, 1, CountMax);
        checks.Range(nameof(CallsQueuedMax), CallsQueuedMax, 1, CountMax);
        checks.Range(nameof(UploadsPerAddressMax), UploadsPerAddressMax ?? 1, 1, CountMax);
        checks.Range(nameof(SmallJobFlopsMax), SmallJobFlopsMax, 0, double.MaxValue);
        checks.Range(nameof(AttentionBytesMax), AttentionBytesMax, 1 << 10, 2L << 30);
        checks.Range(nameof(HeaderBytesMax), HeaderBytesMax, 1 << 10, FormatLimits.SafetensorsHeaderBytesMax);
        checks.Range(nameof(StoreBytesMax), StoreBytesMax, 1 << 20, long.MaxValue);
        checks.Range(nameof(JobsKeptMax), JobsKeptMax, 1, CountMax);
        checks.Range(nameof(ResultAgeMax), ResultAgeMax, 1, TimeSpan.FromDays(365).TotalSeconds);
        checks.Range(nameof(SweepInterval), SweepInterval, 1, TimeSpan.FromDays(1).TotalSeconds);
        checks.Range(nameof(UploadBytesPerSecondMin), UploadBytesPerSecondMin, 1, double.MaxValue);
        checks.Range(nameof(UploadGracePeriod), UploadGracePeriod, 2, TimeSpan.FromHours(1).TotalSeconds);
        checks.Range(nameof(EventInterval), EventInterval, 0.001, TimeSpan.FromMinutes(1).TotalSeconds);
        checks.Range(nameof(HeartbeatInterval), HeartbeatInterval, 0.001, TimeSpan.FromHours(1).TotalSeconds);
        return checks.Refusals;
    }
}
