using System.Runtime.ExceptionServices;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Core.Checking;

/// <summary>Recomputes sampled rows of a result in float64.</summary>
internal static class ResultCheck
{
    /// <summary>Compares rows of O and LSE with <see cref="Kernels.Reference.ReferenceAttention"/>.</summary>
    /// <param name="plan">The job; its kernel path plays no part.</param>
    /// <param name="tensors">Its inputs and result.</param>
    /// <param name="rows">Rows over all heads, at least 1; all of them when there are fewer.</param>
    /// <param name="threads">Threads that share the rows.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="IOException">A file can't be read; a <see cref="Formats.TensorFormatException"/> when it has become
    /// shorter.</exception>
    /// <returns>
    /// The row that exceeds its bound most gives errors and bound; if none does, one whose bound is no check; if there is none, the one
    /// that comes nearest to its bound.
    /// </returns>
    public static Verification Run(
        AttentionPlan plan, ResultTensors tensors, int rows, int threads, CancellationToken cancellationToken)
    {
        int heads = plan.Shape.Query.Heads;
        int rowsOfHead = plan.Shape.QueryRows;
        long[] sample = RowSample.Choose(rows, (long)plan.Shape.Batch * heads * rowsOfHead);
        var errors = new RowError[sample.Length];
        try
        {
            Parallel.For(
                0, sample.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken },
                i =>
                {
                    long head = sample[i] / rowsOfHead;
                    errors[i] = RowError.Of(plan, tensors, (int)(head / heads), (int)(head % heads), (int)(sample[i] % rowsOfHead));
                });
        }
        catch (AggregateException problems)
            when (problems.Flatten().InnerExceptions.FirstOrDefault(problem => problem is IOException) is { } problem)
        {
            // Several threads may have met the end of a file that became shorter: callers want to know of one.
            ExceptionDispatchInfo.Throw(problem);
        }

        RowError worst = errors.MaxBy(error => (error.Severity > 1, error.WhyNoCheck is not null, error.Severity));
        return new Verification(sample.Length, worst.Absolute, worst.Relative, worst.Bound, worst.IsOk)
        {
            WorstRow = worst.Row.ToString(),
            WhyNoCheck = worst.Severity > 1 ? null : worst.WhyNoCheck,
            WrongRows = [.. from error in errors where error.Severity > 1 orderby error.Severity descending select error.Row],
        };
    }
}
