using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Coordination;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>
/// Effects as words: a task is <c>block/segment</c>, a claim is its number. Segments that are released have a test of their own, and no
/// words.
/// </summary>
internal static class EffectTranscript
{
    internal static string[] Words(IReadOnlyList<JobEffect> effects) =>
        [.. effects.Where(effect => effect is not JobEffect.Release).Select(Words)];

    internal static Claim Claim(ulong number) => new("worker", "worker:1", number, Bytes: 0, Checksum: 0);

    private static string Words(JobEffect effect) => effect switch
    {
        JobEffect.Dispatch dispatch => $"dispatch {Words(dispatch.Task)}" + At(dispatch.Worker)
            + (dispatch.Attempt == 1 ? "" : $" again ({dispatch.Attempt})"),
        JobEffect.Repeat again => $"ask again for {Words(again.Task)}" + At(again.Worker)
            + (again.Attempt == 1 ? "" : $" ({again.Attempt})"),
        JobEffect.Cancel cancel => $"cancel {Words(cancel.Task)}" + At(cancel.Worker),
        JobEffect.Pull pull => $"pull {Words(pull.Task)} by {pull.Claim.Id}",
        JobEffect.Merge merge => $"merge {Words(merge.Task)}:"
            + string.Concat(merge.Steps.Select(step => $" {step.Left}+{step.Right}")) + (merge.CompletesBlock ? " and write" : ""),
        JobEffect.WriteEmpty empty => $"write {empty.Block} empty",
        JobEffect.Locate locate => $"locate {locate.Segment.Segment}",
        JobEffect.Discard discard => $"discard {discard.Claim.Id}",
        JobEffect.Succeed => "succeed",
        JobEffect.Fail fail => $"fail: {fail.Reason.Message}",
        _ => throw new ArgumentOutOfRangeException(nameof(effect), effect, null),
    };

    /// <summary>The worker of a test that has only one goes without saying.</summary>
    private static string At(string worker) => worker == "worker" ? "" : $" at {worker}";

    private static string Words(TaskId task) => $"{task.Block}/{task.Node}";
}
