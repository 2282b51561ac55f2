using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Server.Tests.Running;

/// <summary>A job that a test holds in its hands.</summary>
internal sealed class ScriptedJob(IProgress<JobProgress> progress, AttentionPlan plan)
{
    /// <summary>Its end: null for success.</summary>
    internal TaskCompletionSource<Refusal?> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Succeed() => End.TrySetResult(null);

    internal void Fail(ErrorCode code) => End.TrySetResult(new Refusal(code, $"{code.Name()}, in words"));

    internal void ReportTasks(int done) =>
        progress.Report(new JobProgress(JobState.Running, done, plan.TaskCount, plan.Flops * done / plan.TaskCount, plan.Flops));
}
