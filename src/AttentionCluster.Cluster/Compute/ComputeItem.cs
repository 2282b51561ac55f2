using AttentionCluster.Core.Kernels;

namespace AttentionCluster.Cluster.Compute;

/// <summary>Work for a compute thread.</summary>
internal abstract class ComputeItem
{
    /// <summary>Does it; never throws.</summary>
    internal abstract void Run(Workspace workspace);

    /// <summary>Says that it will never be done.</summary>
    internal abstract void Abandon();
}

/// <summary>Work with a result. Whoever waits for it goes on elsewhere, never on the compute thread.</summary>
internal sealed class ComputeItem<T>(Func<Workspace, T> work, CancellationToken cancellationToken) : ComputeItem
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<T> Completion => _completion.Task;

    internal override void Run(Workspace workspace)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            Abandon();
            return;
        }

        try
        {
            _completion.SetResult(work(workspace));
        }
        catch (OperationCanceledException)
        {
            Abandon();
        }
#pragma warning disable CA1031 // Whatever went wrong belongs to the one who waits; the thread goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _completion.SetException(e);
        }
    }

    internal override void Abandon() => _completion.TrySetCanceled(cancellationToken);
}
