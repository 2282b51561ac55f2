using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Server.Jobs;

/// <summary>How much a job is to compute, in floating-point operations of a fast kernel: what tells small jobs from large ones.</summary>
internal static class JobWork
{
    /// <summary>How much longer the float64 reference, one scalar at a time, takes for an operation.</summary>
    private const double ReferenceFactor = 100;

    internal static double Of(AttentionPlan plan)
    {
        double perRow = 2.0 * (plan.Shape.KeyWidth + plan.Shape.ValueWidth) * plan.Shape.Keys;
        double kernelFactor = plan.Family == BitFamily.Reference ? ReferenceFactor : 1;
        return (kernelFactor * plan.Flops) + (ReferenceFactor * plan.Options.VerifyRows * perRow);
    }
}
