using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Compute;

/// <summary>What a task needs beside its segment: query rows as float32, and what concerns them of masks and biases.</summary>
/// <param name="queries"><c>[GroupSize, Rows, Dk]</c>.</param>
/// <param name="auxiliary">The task's part of the tensors beside Q, K and V; null without any.</param>
/// <param name="mask">What rows see, without what is behind pointers.</param>
/// <param name="bias">What becomes of scores, likewise.</param>
internal sealed class TaskInput(NativeBuffer queries, TaskTensors? auxiliary, TaskMask mask, ScoreModifier bias) : IDisposable
{
    /// <summary>Query rows.</summary>
    internal NativeBuffer Queries => queries;

    /// <summary>What rows see.</summary>
    internal TaskMask Mask => auxiliary?.Complete(mask) ?? mask;

    /// <summary>What becomes of scores.</summary>
    internal ScoreModifier Bias => auxiliary?.Complete(bias) ?? bias;

    /// <inheritdoc/>
    public void Dispose()
    {
        queries.Dispose();
        auxiliary?.Dispose();
    }
}
