using System.Collections.Immutable;
using AttentionCluster.Cluster.Journal;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>Writes the report of a job from what its steps have found, however far it came.</summary>
internal static class RunReport
{
    internal static JobReport Of(AttentionRun run, JobState state)
    {
        (AttentionPlan? plan, JobHistory history, JobTally? tally) = (run.Plan, run.History, run.Watch.Tally);
        (int tasks, double flops) = plan is null ? default : Restored(plan, history);
        ImmutableDictionary<string, int> workers = history.Workers.SetItems(tally?.Workers ?? ImmutableDictionary<string, int>.Empty);
        return new JobReport
        {
            Id = run.Request.Id,
            State = state,
            Seconds = run.Watch.Seconds(),
            Flops = plan?.Flops ?? 0,
            Gflops = state == JobState.Succeeded ? run.Watch.Gflops(plan!.Flops - flops) : 0,
            IdealFraction = run.Watch.IdealFraction(),
            TilesComputed = plan?.TilesComputed ?? 0,
            TilesSkipped = plan?.TilesSkipped ?? 0,
            Tasks = plan?.TaskCount ?? 0,
            Retries = history.RetriesInAll + (tally?.Retries ?? 0),
            TilesRecomputed = tally?.TilesRecomputed ?? 0,
            WorkersLost = tally?.WorkersLost ?? [],
            WorkersJoined = tally?.WorkersJoined ?? [],
            LongestIdleSeconds = tally?.LongestIdle.TotalSeconds ?? 0,
            BytesMoved = run.BytesPulled + (tally?.BytesReceived ?? 0),
            Workers = [.. workers.Keys.Order(StringComparer.Ordinal)],
            Threads = workers.Values.Sum(),
            Kernel = plan is null ? "" : KernelsOf(tally, plan),
            Bits = plan is null ? "" : BitContract.Name(plan.Family),
            MaskPicture = plan is null ? [] : Draw(plan),
            KeysPerSegment = plan?.KeysPerSegment ?? 0,
            RowsPerBlock = plan?.RowsPerBlock ?? 0,
            Resumptions = history.Owners.Length,
            TasksRestored = tasks,
            OutputSha256 = run.Findings?.OutputSha256,
            LseSha256 = run.Findings?.LseSha256,
            Verify = run.Findings?.Verification,
            WorkersWrong = run.Findings?.WorkersWrong ?? [],
            Warnings = [.. WarningsOf(run.Request), .. run.Findings?.Warnings ?? []],
        };
    }

    private static IReadOnlyList<string> WarningsOf(JobRequest job) =>
        job.Options.Output == OutputType.SameAsInput && job.Query.Entry.Type == ElementType.Float64
            ? ["q is float64, and the output is float32: no other type is wider than what it is computed in"]
            : [];

    /// <summary>The paths that computed; where none has, the family.</summary>
    private static string KernelsOf(JobTally? tally, AttentionPlan plan) =>
        tally is { Kernels.Count: > 0 } ? string.Join(", ", tally.Kernels.Select(path => path.Name())) : plan.Family.Name();

    /// <summary>A report of a job whose input is damaged has no picture.</summary>
    private static IReadOnlyList<string> Draw(AttentionPlan plan)
    {
        try
        {
            return MaskPreview.Draw(plan.Rules, plan.Shape);
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>What a job did not have to compute any more.</summary>
    private static (int Tasks, double Flops) Restored(AttentionPlan plan, JobHistory history)
    {
        (int tasks, double flops) = (0, 0);
        foreach (QueryBlock block in history.Blocks.Blocks.Select(plan.Block))
        {
            tasks += plan.TasksOf(block);
            flops += plan.FlopsOf(block);
        }

        return (tasks, flops);
    }
}
