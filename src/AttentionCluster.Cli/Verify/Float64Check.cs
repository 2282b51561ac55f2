using AttentionCluster.Cli.Inputs;
using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Reports;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Verify;

/// <summary>Compares a result's rows with their computation in float64.</summary>
internal static class Float64Check
{
    /// <summary>Maps the files and compares.</summary>
    public static Verification Run(VerifyJob job, CancellationToken cancellationToken)
    {
        (FileInput input, ResultFile result, TensorShape output) = (job.Input, job.Result, job.Input.Shape.Output);
        using TensorView query = View(input.Query);
        using TensorView key = View(input.Key);
        using TensorView value = View(input.Value);
        using TensorView o = result.File.View(result.Output);
        using TensorView? lse = result.Lse is null ? null : result.File.View(result.Lse);
        var tensors = new ResultTensors(
            Rows(query, input.Query),
            Rows(key, input.Key),
            Rows(value, input.Value),
            new TensorRows(o, result.Output.Type, output),
            lse is null ? null : new TensorRows(lse, result.Lse!.Type, output with { Width = 1 }));
        return ResultCheck.Run(job.Plan, tensors, job.Rows, job.Node.Threads, cancellationToken);
    }

    private static TensorView View(InputTensor tensor) => tensor.File.View(tensor.Entry);

    private static TensorRows Rows(TensorView view, InputTensor tensor) => new(view, tensor.Entry.Type, tensor.Shape);
}
