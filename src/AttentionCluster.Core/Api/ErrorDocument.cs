using System.Text.Json.Serialization;

namespace AttentionCluster.Core.Api;

/// <summary>Why a job failed.</summary>
/// <param name="Code">Stable, for programs: lower case with hyphens.</param>
/// <param name="Message">For people.</param>
public sealed record ErrorDocument(string Code, string Message)
{
    /// <summary>The code as a member; null for one that this version does not know.</summary>
    [JsonIgnore]
    public ErrorCode? KnownCode => ErrorCodes.Find(Code);
}
