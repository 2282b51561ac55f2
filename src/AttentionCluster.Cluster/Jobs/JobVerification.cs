using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Reports;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>A job that checks itself: its written result, read back, against float64.</summary>
internal static class JobVerification
{
    /// <exception cref="IOException">A file can't be read; a <see cref="TensorFormatException"/> when it has become shorter.</exception>
    internal static Verification Check(
        JobRequest job, AttentionPlan plan, string resultPath, int threads, CancellationToken cancellationToken)
    {
        using TensorFile result = TensorFile.Open(resultPath);
        TensorEntry output = result.Require("o");
        TensorRows? lse = result.Find("lse") is { } entry ? new TensorRows(result.Bytes(entry), ElementType.Float32, plan.Shape.Output with { Width = 1 }) : null;
        var tensors = new ResultTensors(
            Rows(job.Query), Rows(job.Key), Rows(job.Value), new TensorRows(result.Bytes(output), output.Type, plan.Shape.Output), lse);
        return ResultCheck.Run(plan, tensors, job.Options.VerifyRows, threads, cancellationToken);
    }

    private static TensorRows Rows(StoredTensor tensor) => new(tensor.File.Bytes(tensor.Entry), tensor.Entry.Type, tensor.Shape);
}
