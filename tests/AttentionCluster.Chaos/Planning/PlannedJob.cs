using System.Globalization;
using AttentionCluster.Chaos.Jobs;

namespace AttentionCluster.Chaos.Planning;

/// <summary>A job of a run.</summary>
/// <param name="Work">What it computes.</param>
/// <param name="At">How far the first job is when this one is sent; 0 for the first.</param>
/// <param name="IsByAttend">Sent by a process <c>attn attend --server</c>, which also brings the result; else by plain HTTP.</param>
/// <param name="MayBeDamaged">Whether its input is truncated: it may fail as damaged, where every other job must succeed.</param>
internal sealed record PlannedJob(JobWork Work, double At, bool IsByAttend, bool MayBeDamaged = false)
{
    /// <summary>The job as a person would say it.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture,
            $"at {At,4:0 %}  {Work}, by {(IsByAttend ? "attn attend --server" : "HTTP")}{(MayBeDamaged ? ", may end as damaged" : "")}");
}
