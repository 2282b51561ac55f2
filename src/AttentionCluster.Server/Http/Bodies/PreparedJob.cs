using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Http.Bodies;

/// <summary>A job about which everything has been checked that can be known before its tensors are there.</summary>
/// <param name="Tensors">Where they will be in its file.</param>
/// <param name="Fingerprint">What it is recognised by.</param>
/// <param name="Size">What it takes.</param>
internal sealed record PreparedJob(InputTensors Tensors, JobFingerprint Fingerprint, JobSize Size)
{
    /// <summary>Checks tensors, options, plan and memory.</summary>
    /// <returns>The job, or null with the first thing that is wrong.</returns>
    internal static PreparedJob? Create(BodyHeader header, AttentionOptions options, NodeOptions node, out Refusal? refusal)
    {
        InputTensors? tensors = InputTensors.Find(header.File, options, BodyHeader.Origin, out refusal);
        if (tensors is null)
            return null;
        AttentionPlan? plan = AttentionPlan.Create(
            tensors.Shape, options.WithOutputFor(tensors.Query.Type), out refusal, tensors.Auxiliary);
        refusal ??= node.CheckMemory(plan!, tensors.Key.Type, tensors.Value.Type);
        return refusal is null
            ? new PreparedJob(tensors, JobFingerprint.Of(options, header.File), JobSize.Of(plan!, header.File.FileLength))
            : null;
    }
}
