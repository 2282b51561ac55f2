using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>Why a job's input can't be read, as a reason for the job's end.</summary>
internal static class InputFailure
{
    /// <summary>An input that ends too early is damaged, whenever that is found; for anything else the disk is asked about.</summary>
    internal static Refusal Of(string job, IOException problem) => problem is TensorFormatException
        ? new Refusal(ErrorCode.InputDamaged, $"the input of job {job} is not what was received ({problem.Message}); send the job again")
        : new Refusal(ErrorCode.InputNotReadable,
            $"the input of job {job} can't be read ({problem.Message}); see to the node's disk, then send the job again");

    /// <summary>
    /// Why a job may have failed that failed for another reason: a worker that got no rows can't say whose fault that was.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="found">What it failed for: says where the trouble was met.</param>
    /// <returns>Null when all of its files are as long as they were.</returns>
    internal static Refusal? Shortened(JobRequest job, Refusal? found)
    {
        try
        {
            StoredTensor? shortened = new[] { job.Query, job.Key, job.Value }.Concat(job.Auxiliary.Tensors)
                .FirstOrDefault(tensor => tensor.File.IsShortened);
            return shortened is null
                ? null
                : new Refusal(ErrorCode.InputDamaged, $"the input of job {job.Id} is not what was received ({shortened.File.Path} has "
                    + $"become shorter{(found is null ? "" : $": {found.Message}")}); send the job again");
        }
        catch (Exception problem) when (problem is IOException or ObjectDisposedException)
        {
            return null;
        }
    }
}
