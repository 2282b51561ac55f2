using System.Security.Cryptography;

namespace AttentionCluster.Client.Tests.Fake;

/// <summary>A job that a <see cref="FakeServer"/> was sent.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Query">The query string that it was sent with.</param>
/// <param name="Upload">The safetensors file that it was sent as.</param>
/// <param name="Result">The result.</param>
internal sealed record FakeJob(string Id, string Query, byte[] Upload, byte[] Result)
{
    /// <summary>Ended by its owner.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it goes on until it is cancelled.</summary>
    public bool Endless { get; init; }

    /// <summary>What it fails with; null for one that succeeds.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the float64 check finds the result wrong.</summary>
    public bool IsWrong { get; init; }

    /// <summary>Where it is in its life.</summary>
    public string State =>
        Cancelled.Task.IsCompleted ? "cancelled" : Endless ? "running" : Error is null ? "succeeded" : "failed";

    /// <summary>The result's ETag.</summary>
    public string ETag => $"\"{Convert.ToHexStringLower(SHA256.HashData(Result))}\"";

    /// <summary>The job as JSON.</summary>
    public object ToJson(string? state = null) => new
    {
        id = Id,
        state = state ?? State,
        position = (int?)null,
        progress = new { tasks_done = state is null ? 4 : 1, tasks = 4, flops_done = state is null ? 8e9 : 2e9, flops = 8e9 },
        created = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero),
        report = state is null && State == "succeeded" ? Report() : null,
        error = state is null && State == "failed" ? new { code = Error, message = "the last worker is gone" } : null,
        something_new = true,
    };

    public object Report() => new
    {
        id = Id,
        state = State,
        seconds = new { queued = 0.0, load = 0.25, compute = 1.0, merge = 0.25, total = 1.5 },
        flops = 8e9,
        gflops = 8.0,
        ideal_fraction = 0.9,
        tiles_computed = 3,
        tiles_skipped = 1,
        tasks = 4,
        retries = 0,
        bytes_moved = 12345,
        workers = new[] { "w1", "w2" },
        threads = 4,
        kernel = "avx2",
        keys_per_segment = 16384,
        rows_per_block = 1024,
        output_sha256 = Convert.ToHexStringLower(SHA256.HashData(Result[^16..])),
        lse_sha256 = (string?)null,
        verify = IsWrong ? new { rows = 8, max_abs_error = 1.0, max_rel_error = 0.5, bound = 1e-5, ok = false } : null,
        warnings = Array.Empty<string>(),
    };
}
