using System.Text.Json;
using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>A job as a server sees it at one moment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Position">Its place in the queue, 1 being the next; null when it does not wait.</param>
/// <param name="Progress">How much of it is done.</param>
/// <param name="Created">When the server accepted it.</param>
/// <param name="Report">What it says of itself when it has ended; null before, and when it ended before it ran.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record JobDocument(
    [property: JsonRequired, JsonPropertyOrder(-1)] string Id,
    [property: JsonRequired, JsonPropertyOrder(-1)] JobState State,
    [property: JsonPropertyOrder(-1)] int? Position,
    ProgressDocument Progress,
    DateTimeOffset Created,
    JobReport? Report,
    ErrorDocument? Error)
{
    /// <summary>How much of it is done; nothing where a server says nothing of it.</summary>
    [JsonPropertyOrder(-1)]
    public ProgressDocument Progress { get; init; } = Progress ?? new ProgressDocument(0, 0, 0, 0);

    /// <summary>Whether it succeeded, failed or was cancelled: nothing will change any more.</summary>
    public bool HasEnded() => State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;

    /// <summary>One JSON object on one line, in the names of the HTTP interface.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ApiJson.Default.JobDocument);
}
