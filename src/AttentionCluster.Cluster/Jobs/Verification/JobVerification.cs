using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Jobs.Verification;

/// <summary>A job that checks itself: its written result, read back, against float64.</summary>
internal static class JobVerification
{
    /// <exception cref="IOException">A file can't be read; a <see cref="TensorFormatException"/> when it has become shorter.</exception>
    internal static Core.Api.Verification Check(
        JobRequest job, AttentionPlan plan, string resultPath, int threads, CancellationToken cancellationToken)
    {
        using TensorFile result = TensorFile.Open(resultPath);
        return ResultCheck.Run(plan, TensorsOf(job, plan, result), job.Options.VerifyRows, threads, cancellationToken);
    }

    /// <summary>What the report says of a result that its arithmetic, or its type, could not hold.</summary>
    /// <exception cref="IOException">A file can't be read; a <see cref="TensorFormatException"/> when it has become shorter.</exception>
    internal static IReadOnlyList<string> Oddities(JobRequest job, AttentionPlan plan, string resultPath,
        CancellationToken cancellationToken)
    {
        using TensorFile result = TensorFile.Open(resultPath);
        return new ResultScan(plan, result, TensorsOf(job, plan, result)).Find(cancellationToken);
    }

    private static ResultTensors TensorsOf(JobRequest job, AttentionPlan plan, TensorFile result)
    {
        TensorEntry output = result.Require("o");
        TensorRows? lse = result.Find("lse") is { } entry
            ? new TensorRows(result.Bytes(entry), ElementType.Float32, plan.Shape.Output with { Width = 1 }) : null;
        return new ResultTensors(Rows(job.Query), Rows(job.Key), Rows(job.Value),
            new TensorRows(result.Bytes(output), output.Type, plan.Shape.Output), lse);
    }

    private static TensorRows Rows(StoredTensor tensor) => new(tensor.File.Bytes(tensor.Entry), tensor.Entry.Type, tensor.Shape);
}
