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
    internal static Verification Check(
        JobRequest job, AttentionPlan plan, string resultPath, int threads, CancellationToken cancellationToken)
    {
        using TensorFile result = TensorFile.Open(resultPath);
        using TensorView query = View(job.Query);
        using TensorView key = View(job.Key);
        using TensorView value = View(job.Value);
        TensorEntry outputEntry = result.Require("o");
        using TensorView output = result.View(outputEntry);
        using TensorView? lse = result.Find("lse") is { } entry ? result.View(entry) : null;
        var tensors = new ResultTensors(
            Rows(query, job.Query), Rows(key, job.Key), Rows(value, job.Value),
            new TensorRows(output, outputEntry.Type, plan.Shape.Output),
            lse is null ? null : new TensorRows(lse, ElementType.Float32, plan.Shape.Output with { Width = 1 }));
        return ResultCheck.Run(plan, tensors, job.Options.VerifyRows, threads, cancellationToken);
    }

    private static TensorView View(StoredTensor tensor) => tensor.File.View(tensor.Entry);

    private static TensorRows Rows(TensorView view, StoredTensor tensor) => new(view, tensor.Entry.Type, tensor.Shape);
}
