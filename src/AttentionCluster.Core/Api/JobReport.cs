using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>What a finished job says of itself: names and meaning are those of the API.</summary>
public sealed record JobReport
{
    /// <summary>The job's id.</summary>
    public required string Id { get; init; }

    /// <summary>How the job ended.</summary>
    public required JobState State { get; init; }

    /// <summary>Wall-clock seconds by phase.</summary>
    public required PhaseSeconds Seconds { get; init; }

    /// <summary>Floating-point operations of the visible (query row, key) pairs: <c>2 (Dk + Dv)</c> each.</summary>
    public required double Flops { get; init; }

    /// <summary><see cref="Flops"/> over the seconds of the compute phase, in 10^9 a second.</summary>
    public required double Gflops { get; init; }

    /// <summary>
    /// The share of the compute phase that the job's threads spent inside the kernel: 1 would be the kernel called
    /// directly on the same threads, with nothing between its calls.
    /// </summary>
    public required double IdealFraction { get; init; }

    /// <summary>Kernel tiles with a visible pair.</summary>
    public required long TilesComputed { get; init; }

    /// <summary>Kernel tiles that the mask hides whole, never sent, loaded or computed.</summary>
    public required long TilesSkipped { get; init; }

    /// <summary>Tasks that the plan has: (query block, segment) pairs with something visible.</summary>
    public required int Tasks { get; init; }

    /// <summary>Tasks sent again: after a failure, or because an answer was long in coming, or with a worker that was lost.</summary>
    public required int Retries { get; init; }

    /// <summary>
    /// Kernel tiles that were computed again, at most: those of tasks whose attempts were all lost or failed, and of partials that came
    /// besides another. Not those of <see cref="Retries"/> that another answer made needless in time.
    /// </summary>
    public long TilesRecomputed { get; init; }

    /// <summary>Workers that went without having been told to; none in a report of an earlier version, like what follows.</summary>
    public IReadOnlyList<LostWorker> WorkersLost { get => field ?? []; init; } = [];

    /// <summary>Workers that came while the job ran.</summary>
    public IReadOnlyList<JoinedWorker> WorkersJoined { get => field ?? []; init; } = [];

    /// <summary>
    /// The longest time that one of the workers which lived to the end had no task of the job, after its first one, in seconds.
    /// </summary>
    public double LongestIdleSeconds { get; init; }

    /// <summary>
    /// Workers whose arithmetic was found wrong when the verification failed: their partials differ from what the task gives elsewhere.
    /// </summary>
    public IReadOnlyList<string> WorkersWrong { get => field ?? []; init; } = [];

    /// <summary>How often the job went on after its gateway had died, or had been stopped.</summary>
    public int Resumptions { get; init; }

    /// <summary>Tasks of <see cref="Tasks"/> that the last gateway did not have computed, because their rows were there.</summary>
    public int TasksRestored { get; init; }

    /// <summary>Tensor bytes over the data plane: segments, query blocks and partials.</summary>
    public required long BytesMoved { get; init; }

    /// <summary>Names of the nodes that computed.</summary>
    public IReadOnlyList<string> Workers { get => field ?? []; init; } = [];

    /// <summary>Compute threads of all these nodes.</summary>
    public required int Threads { get; init; }

    /// <summary>
    /// The kernel paths that computed, such as <c>avx2</c> or <c>avx2, avx512</c>; the family where nothing was computed. They change no
    /// bit: see
    /// <see cref="Bits"/>.
    /// </summary>
    public required string Kernel { get; init; }

    /// <summary>
    /// The family and the version of the bit contract, such as <c>fused-1</c>; empty in a report of an earlier version, and of a job that
    /// never had a plan.
    /// </summary>
    public string Bits { get => field ?? ""; init; } = "";

    /// <summary>Keys of one segment.</summary>
    public required int KeysPerSegment { get; init; }

    /// <summary>Query rows of one block.</summary>
    public required int RowsPerBlock { get; init; }

    /// <summary>
    /// What rows see, drawn by <see cref="Masks.MaskPreview"/>; empty in a report of an earlier version, and of a job that never had a
    /// plan.
    /// </summary>
    public IReadOnlyList<string> MaskPicture { get => field ?? []; init; } = [];

    /// <summary>
    /// SHA-256 of O as little-endian float32 in <c>[batch, heads, rows, width]</c> order; null without a result. Elements that are written
    /// in 16 bits count as they are written, widened again.
    /// </summary>
    public string? OutputSha256 { get; init; }

    /// <summary>SHA-256 of the log-sum-exp, likewise; null without a result or when it was not asked for.</summary>
    public string? LseSha256 { get; init; }

    /// <summary>The comparison with float64; null when it was not asked for.</summary>
    public Verification? Verify { get; init; }

    /// <summary>What the user should know though the job went on.</summary>
    public IReadOnlyList<string> Warnings { get => field ?? []; init; } = [];

    /// <summary>
    /// Names of members for which a header had no room, as JSON spells them; null when all are here. See <see cref="ToJson(int)"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? LeftOut { get; init; }

    /// <summary>
    /// The same in at most so many bytes, all of them ASCII: while it has more, the longest member goes, and <c>left_out</c> names it.
    /// </summary>
    /// <param name="bytesMax">At least 1 024: the members of a fixed length take most of that.</param>
    public string ToJson(int bytesMax)
    {
        string json = ToJson();
        if (json.Length <= bytesMax)
            return json;
        JsonObject members = JsonNode.Parse(json)!.AsObject();
        var leftOut = new JsonArray();
        members["left_out"] = leftOut;
        while (json.Length > bytesMax)
        {
            string longest = members.Where(member => member.Value is not null && member.Value != leftOut)
                .MaxBy(member => member.Value!.ToJsonString().Length).Key;
            members.Remove(longest);
            leftOut.Add(longest);
            json = members.ToJsonString();
        }

        return json;
    }

    /// <summary>One JSON object on one line, snake case.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ApiJson.Default.JobReport);

    /// <summary>Reads what <see cref="ToJson()"/> wrote, here or elsewhere. Names that this version does not know are left out.</summary>
    /// <exception cref="JsonException">It is no JSON, or no report.</exception>
    public static JobReport FromJson(string json) =>
        JsonSerializer.Deserialize(json, ApiJson.Default.JobReport) ?? throw new JsonException("null is no report");
}
