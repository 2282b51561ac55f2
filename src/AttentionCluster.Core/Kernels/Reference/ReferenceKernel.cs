using AttentionCluster.Core.Partials;

namespace AttentionCluster.Core.Kernels.Reference;

/// <summary>The float64 reference as a kernel path: the same contract as the fast ones, hundreds of times slower.</summary>
internal sealed class ReferenceKernel : IAttentionKernel
{
    /// <inheritdoc/>
    public void Compute(in KernelTask task, Workspace workspace, Partial result, CancellationToken cancellationToken)
    {
        var rows = new Float64Row(task);
        result.Reset();
        for (int head = 0; head < task.GroupSize; head++)
        {
            for (int row = 0; row < task.Rows; row++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                rows.Compute(head, row, result);
            }
        }
    }
}
