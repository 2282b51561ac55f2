using System.ComponentModel.DataAnnotations;
using AttentionCluster.Core;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Server.Jobs;

/// <summary>The limits of the HTTP API for attention. Every one is here, with its range and default.</summary>
public sealed record JobsOptions
{
    private const int CountMax = 100_000;

    /// <summary>Jobs and calls that run at a time. Of more than one, the last is kept for small ones. Default: 4.</summary>
    [Range(1, 1024)]
    public int JobsRunningMax { get; init; } = 4;

    /// <summary>Jobs that wait or whose body is arriving. Default: 64.</summary>
    [Range(1, CountMax)]
    public int JobsQueuedMax { get; init; } = 64;

    /// <summary>
    /// Calls (<c>POST /v1/attention</c>) that wait or whose body is arriving. They have places of their own, because they
    /// cost a connection rather than a kept result. Default: 256.
    /// </summary>
    [Range(1, CountMax)]
    public int CallsQueuedMax { get; init; } = 256;

    /// <summary>
    /// Jobs, and as many calls, whose bodies arrive from one address (of IPv6, from one /64). To be raised where a proxy stands before the
    /// node. Default: null, three quarters of the places, and not less than 16.
    /// </summary>
    [Range(1, CountMax)]
    public int? UploadsPerAddressMax { get; init; }

    /// <summary>
    /// Floating-point operations up to which a job counts as small. Default: 10^11, less than a second on one node.
    /// </summary>
    [Range(0, double.MaxValue)]
    public double SmallJobFlopsMax { get; init; } = 1e11;

    /// <summary>Bytes of the body of a call. Default: 64 MiB.</summary>
    [Range(1 << 10, (double)(2L << 30))]
    public long AttentionBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes of the header of a safetensors body, which is held in memory.
    /// Q, K and V need some 300. Default: 1 MiB.
    /// </summary>
    [Range(1 << 10, FormatLimits.SafetensorsHeaderBytesMax)]
    public int HeaderBytesMax { get; init; } = 1 << 20;

    /// <summary>
    /// Bytes of the inputs and results of all jobs in the store. The oldest results are removed when a new job needs their
    /// room. The disk's free space bounds them besides. Default: no bound but that.
    /// </summary>
    [Range(1 << 20, double.MaxValue)]
    public long StoreBytesMax { get; init; } = long.MaxValue;

    /// <summary>Ended jobs that are kept. Default: 256.</summary>
    [Range(1, CountMax)]
    public int JobsKeptMax { get; init; } = 256;

    /// <summary>How long an ended job is kept. Default: 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan ResultAgeMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How often results that have become too old are looked for. Default: 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The slowest arrival of a body over HTTP/1.1, in bytes a second: a slower one is broken off. Default: 64 KiB.</summary>
    [Range(1, double.MaxValue)]
    public double UploadBytesPerSecondMin { get; init; } = 64 << 10;

    /// <summary>How long a body may be slower than that. Default: 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "01:00:00")]
    public TimeSpan UploadGracePeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The shortest time between two events of a job. Default: 200 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan EventInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest time between two events of a job, changed or not. Default: 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>All values that are out of their ranges, each with the reason; empty when none is.</summary>
    public IReadOnlyList<Refusal> Validate()
    {
        var checks = new OptionChecks();
        checks.Ranges(this);
        return checks.Refusals;
    }
}
