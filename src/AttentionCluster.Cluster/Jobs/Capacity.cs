using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>From what a worker says of itself to what it can take of a job.</summary>
internal static class Capacity
{
    /// <returns>Null when it can't hold even one task.</returns>
    internal static WorkerCapacity? Of(WorkerDescription worker, JobRun run)
    {
        int tasks = MemoryShares.Of(worker).TasksAtWorker(
            run.Plan, run.Request.Key.Entry.Type, run.Request.Value.Entry.Type, worker.Threads, out _);
        int segments = (int)Math.Min(worker.SegmentBytesMax / run.SegmentBytes, int.MaxValue);
        return tasks == 0 ? null : new WorkerCapacity(worker.Threads, tasks, segments);
    }
}
