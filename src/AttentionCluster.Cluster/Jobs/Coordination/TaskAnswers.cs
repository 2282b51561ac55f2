using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Coordination;

/// <summary>The events that workers' answers are.</summary>
internal static class TaskAnswers
{
    internal static JobEvent.TaskDone ToEvent(this TaskDone done) => new(
        Task(done.Block, done.Level, done.Index), done.Attempt, done.Worker, done.Partial.ToClaim(),
        new TaskMeasurements(done.KernelSeconds, done.WaitSeconds, done.BytesReceived, done.WorkerThreads, (KernelPath)done.KernelPath));

    internal static JobEvent.TaskFailed ToEvent(this TaskFailed failed) =>
        new(Task(failed.Block, failed.Level, failed.Index), failed.Attempt, failed.Worker, failed.Reason, failed.IsTransient);

    internal static JobEvent.TaskReturned ToEvent(this TaskReturned returned) =>
        new(Task(returned.Block, returned.Level, returned.Index), returned.Attempt, returned.Worker);

    private static TaskId Task(int block, int level, int index) => new(block, new TreeNode(level, index));
}
