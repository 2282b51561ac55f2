using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Store;

/// <summary>What is kept of a job beside its tensors, so that it outlives its gateway: <c>jobs/ID/job.json</c>.</summary>
internal sealed record JobRecord
{
    /// <summary>The job's id.</summary>
    public required string Id { get; init; }

    /// <summary>The process that has it: the name of a lock.</summary>
    public required string Owner { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>What was asked for, as the user chose it.</summary>
    public required AttentionOptions Request { get; init; }

    /// <summary>The tensors' names, types and axes, as a request with the same idempotency key must have them.</summary>
    public required string Tensors { get; init; }

    /// <summary>
    /// Checksum of the tensors' numbers, in the order of their names: XxHash128 in hexadecimal. Null without an idempotency key, and when
    /// an older version received it.
    /// </summary>
    public string? TensorsChecksum { get; init; }

    /// <summary>Bytes of its input.</summary>
    public required long InputBytes { get; init; }

    /// <summary>Checksum of its input: XxHash128 in hexadecimal.</summary>
    public required string InputChecksum { get; init; }

    /// <summary>The key that it was sent with.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>What the user should know of the input though it was accepted.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How it ended; null while it has not.</summary>
    public JobState? State { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>What it says of itself.</summary>
    public JobReport? Report { get; init; }

    /// <summary>Why it failed: a stable code.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The same for people.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Bytes of its result; null without one.</summary>
    public long? ResultBytes { get; init; }

    /// <summary>SHA-256 of its result in lower-case hexadecimal.</summary>
    public string? ResultSha256 { get; init; }
}
