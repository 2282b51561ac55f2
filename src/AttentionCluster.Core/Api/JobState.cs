using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>Where a job is in its life.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobState>))]
public enum JobState
{
    /// <summary>Accepted, not started.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>Tasks are being computed.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>The result is complete.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded,

    /// <summary>Ended without a result, with a reason.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Ended by its owner.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,
}
