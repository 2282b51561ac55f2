using AttentionCluster.Cli.Inputs;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Verify;

/// <summary>Compares a result's rows with their computation in float64.</summary>
internal static class Float64Check
{
    /// <summary>Compares.</summary>
    public static Verification Run(VerifyJob job, CancellationToken cancellationToken)
    {
        (FileInput input, ResultToVerify result, TensorShape output) = (job.Input, job.Result, job.Input.Shape.Output);
        TensorRows? lse = result.Lse is null ? null
            : new TensorRows(result.File.Bytes(result.Lse), result.Lse.Type, output with { Width = 1 });
        var tensors = new ResultTensors(
            Rows(input.Query), Rows(input.Key), Rows(input.Value),
                new TensorRows(result.File.Bytes(result.Output), result.Output.Type, output), lse);
        return ResultCheck.Run(job.Plan, tensors, job.Rows, job.Node.Threads, cancellationToken);
    }

    private static TensorRows Rows(InputTensor tensor) => new(tensor.File.Bytes(tensor.Entry), tensor.Entry.Type, tensor.Shape);
}
