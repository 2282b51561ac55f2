using Akka.Event;
using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.Versions;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>Whether a worker can compute tasks of a job, and how many at a time.</summary>
/// <param name="run">The job.</param>
/// <param name="messages">Its messages: a worker must know their fields.</param>
/// <param name="log">Told of workers of other versions.</param>
internal sealed class WorkerEligibility(JobRun run, TaskMessages messages, ILoggingAdapter log)
{
    /// <summary>What a worker can take of the job, from its description.</summary>
    /// <returns>Null when it gets no task.</returns>
    internal WorkerCapacity? CapacityOf(WorkerDescription worker)
    {
        if (!HasKernel(worker))
            return null;
        int tasks = MemoryShares.Of(worker).TasksAtWorker(
            run.Plan, run.Request.Key.Entry.Type, run.Request.Value.Entry.Type, worker.Threads, out _);
        int segments = (int)Math.Min(worker.SegmentBytesMax / run.SegmentBytes, int.MaxValue);
        return tasks > 0 && KnowsTheFields(worker) ? new WorkerCapacity(worker.Threads, tasks, segments) : null;
    }

    /// <summary>Whether a worker computes the job's bit family, and has the kernel path if the job names one.</summary>
    private bool HasKernel(WorkerDescription worker) => worker.Families.Contains((int)run.Plan.Family)
        && (run.Plan.Options.Kernel.Path() is not { } path || worker.Kernels.Contains((int)path));

    /// <summary>
    /// Whether a worker knows all fields that tasks of this job have. What else changes a task's meaning, it refuses itself.
    /// </summary>
    private bool KnowsTheFields(WorkerDescription worker)
    {
        if (TaskFields.All.IsSubsetOf(worker.TaskFields))
            return true;
        IReadOnlySet<string> used = TaskFields.Used(messages.Compute(TaskId.Of(0, 0), attempt: 1));
        string[] unknown = [.. used.Except(worker.TaskFields).Order(StringComparer.Ordinal)];
        if (unknown.Length > 0)
        {
            log.Warning(
                "worker {0} gets no tasks of job {1}: its version does not know fields {2} of them; have all nodes run one release",
                worker.Name, run.Request.Id, string.Join(", ", unknown));
        }

        return unknown.Length == 0;
    }
}
