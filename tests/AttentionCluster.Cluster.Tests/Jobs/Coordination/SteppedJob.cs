using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;
using AttentionCluster.Cluster.Jobs.Scheduling;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>A job whose events a test tells one by one, at times that it chooses.</summary>
internal sealed class SteppedJob(AttentionPlan plan, JobLimits limits, params int[] blocksDone)
{
    internal CoordinatorState State { get; } = new(plan, limits, new CostModel(SegmentBytes: 1), blocksDone);

    internal TimeSpan Now { get; private set; }

    internal IReadOnlyList<JobEffect> Step(JobEvent happens) => State.Step(happens, Now);

    /// <summary>A worker comes that can take everything.</summary>
    internal IReadOnlyList<JobEffect> Start() => Step(new JobEvent.WorkerUp("worker", new WorkerCapacity(100, 100, 100)));

    internal IReadOnlyList<JobEffect> Done(TaskId task, Claim claim, int attempt = 1, string worker = "worker") =>
        Step(new JobEvent.TaskDone(task, attempt, worker, claim, new TaskMeasurements(1e-6, 0, 0, WorkerThreads: 1, KernelPath.Reference)));

    internal IReadOnlyList<JobEffect> Failed(TaskId task, int attempt, string worker, string reason, bool isTransient) =>
        Step(new JobEvent.TaskFailed(task, attempt, worker, reason, isTransient));

    /// <summary>The partial of a task is answered with, and pulled.</summary>
    internal string[] Arrive(int block, int segment)
    {
        Assert.Single(Done(TaskId.Of(block, segment), EffectTranscript.Claim((ulong)segment)));
        return EffectTranscript.Words(Step(new JobEvent.Pulled(TaskId.Of(block, segment))));
    }

    internal IReadOnlyList<JobEffect> After(double seconds)
    {
        Now += TimeSpan.FromSeconds(seconds);
        return Step(new JobEvent.Tick());
    }
}
