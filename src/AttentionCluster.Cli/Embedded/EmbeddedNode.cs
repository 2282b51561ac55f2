using AttentionCluster.Cluster;
using AttentionCluster.Server;

namespace AttentionCluster.Cli.Embedded;

/// <summary>A cluster of one node that lives in this process.</summary>
internal static class EmbeddedNode
{
    /// <summary>Starts the node.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="TimeoutException">It did not start in time.</exception>
    public static async Task<AttentionNode> StartAsync(NodeOptions node, CancellationToken cancellationToken)
    {
        try
        {
            return await AttentionNode.StartAsync(node, cancellationToken);
        }
        catch (OperationCanceledException problem) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"the embedded node did not start within {node.StartTimeout.TotalSeconds} s; 'attn doctor' says what it needs", problem);
        }
    }
}
