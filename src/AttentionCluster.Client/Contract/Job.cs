using System.Text.Json;
using AttentionCluster.Client.Transport;
using AttentionCluster.Core.Reports;

namespace AttentionCluster.Client;

/// <summary>A job as the server sees it now.</summary>
public sealed record Job
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required JobState State { get; init; }

    /// <summary>Its place in the queue, 1 the next; null when it does not wait.</summary>
    public int? Position { get; init; }

    /// <summary>How much of it is done.</summary>
    public JobWork Progress { get; init; } = new(0, 0, 0, 0);

    /// <summary>When the server accepted it.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>The report; null before the end, and for a job that ended before it was begun.</summary>
    public JobReport? Report { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public JobError? Error { get; init; }

    /// <summary>Whether it succeeded, failed or was cancelled: nothing will change any more.</summary>
    public bool HasEnded() => State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;

    /// <summary>One JSON object on one line, in the names of the HTTP interface.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ClientJson.Default.Job);
}
