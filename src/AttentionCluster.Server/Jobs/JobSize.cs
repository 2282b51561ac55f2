using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Server.Jobs;

/// <summary>What a job takes.</summary>
/// <param name="Tasks">Tasks of its plan.</param>
/// <param name="Flops">Floating-point operations of its plan.</param>
/// <param name="Work">See <see cref="JobWork"/>.</param>
/// <param name="InputBytes">Of its body.</param>
/// <param name="ResultBytes">Of its result.</param>
internal sealed record JobSize(int Tasks, double Flops, double Work, long InputBytes, long ResultBytes)
{
    /// <summary>Input and result together. A body may promise any length, so the sum stops where a <c>long</c> does.</summary>
    internal long TotalBytes => InputBytes > long.MaxValue - ResultBytes ? long.MaxValue : InputBytes + ResultBytes;

    internal static JobSize Of(AttentionPlan plan, long inputBytes) =>
        new(plan.TaskCount, plan.Flops, JobWork.Of(plan), inputBytes, ResultFile.ByteLengthOf(plan));
}
