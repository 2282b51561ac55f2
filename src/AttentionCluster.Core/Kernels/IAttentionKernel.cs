using AttentionCluster.Core.Partials;

namespace AttentionCluster.Core.Kernels;

/// <summary>Computes one task: a query block against one segment.</summary>
internal interface IAttentionKernel
{
    /// <summary>
    /// Writes the partial of the task's rows over the segment's keys. Keys are walked in ascending order, in tiles that
    /// start at the segment's first key, so a row's bits depend on neither the other rows nor the thread.
    /// </summary>
    /// <param name="task">What to compute.</param>
    /// <param name="workspace">Scratch memory of the calling thread.</param>
    /// <param name="result">Rows: heads of the group after one another. Whatever it holds is overwritten.</param>
    /// <param name="cancellationToken">Looked at between tiles.</param>
    /// <exception cref="OperationCanceledException">Cancelled; <paramref name="result"/> is undefined.</exception>
    void Compute(in KernelTask task, Workspace workspace, Partial result, CancellationToken cancellationToken);
}
