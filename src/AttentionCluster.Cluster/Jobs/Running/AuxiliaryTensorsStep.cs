using AttentionCluster.Cluster.Journal;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Results;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>Resolves the options for the shape of the tensors, and opens the tensors beside Q, K and V.</summary>
internal sealed class AuxiliaryTensorsStep : IJobStep
{
    public async Task<JobEnding?> RunAsync(AttentionRun run)
    {
        JobRequest job = run.Request;
        AttentionShape? shape = AttentionShape.Create(job.Query.Shape, job.Key.Shape, job.Value.Shape, out Refusal? refusal);
        if (shape is null)
            return JobEnding.Failed(refusal!);
        AttentionOptions resolved = Resolve(job, run.History);
        (run.Shape, run.Options) = (shape, resolved);
        try
        {
            (run.Auxiliary, refusal) = await run
                .RetryAsync(() => (job.Auxiliary.Open(shape, resolved, out Refusal? reason, run.CancellationToken), reason))
                .ConfigureAwait(false);
            return run.Auxiliary is null ? JobEnding.Failed(refusal!) : null;
        }
        catch (IOException problem)
        {
            return JobEnding.Failed(InputFailure.Of(job.Id, problem));
        }
    }

    /// <summary>A job that was begun goes on as it was planned; its rows would not fit together otherwise.</summary>
    private static AttentionOptions Resolve(JobRequest job, JobHistory history) =>
        history.Blocks.Count > 0 && RecordedOptions.Read(history.Options, out _) is { } begun
            ? begun with { WithLse = job.Options.WithLse, VerifyRows = job.Options.VerifyRows }
            : job.Options.WithOutputFor(job.Query.Entry.Type);
}
