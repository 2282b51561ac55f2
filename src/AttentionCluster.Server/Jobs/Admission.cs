using AttentionCluster.Core;

namespace AttentionCluster.Server.Jobs;

/// <summary>What the board says to a request before its body is read.</summary>
internal abstract record Admission
{
    /// <summary>A place is taken for it.</summary>
    internal sealed record Taken(JobPlace Place) : Admission;

    /// <summary>An earlier request with the same idempotency key sent this job.</summary>
    internal sealed record Known(Job Job) : Admission;

    /// <summary>Not now.</summary>
    internal sealed record Refused(Refusal Reason) : Admission;
}
