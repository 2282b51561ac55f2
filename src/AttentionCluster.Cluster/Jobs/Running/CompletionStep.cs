using AttentionCluster.Cluster.Compute;
using AttentionCluster.Cluster.Jobs.Verification;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>Completes the result, verifies it when the job is to check itself, and collects what the user should know of it.</summary>
internal sealed class CompletionStep(TensorStore store, MemoryShares shares, NodeOptions options) : IJobStep
{
    public async Task<JobEnding?> RunAsync(AttentionRun run)
    {
        ResultFile result = run.Result!;
        try
        {
            run.Findings = await CompleteAsync(run, result).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            // A job with an owner goes on with it.
            if (run.Request.Owner is null)
                File.Delete(result.Path);
            return JobEnding.Cancelled;
        }
        catch (TensorFormatException problem)
        {
            return JobEnding.Failed(problem.Path == result.Path
                ? new Refusal(
                    ErrorCode.ResultDamaged, $"the result of job {run.Request.Id} is not what was written ({problem.Message}); send the "
                        + "job again")
                : InputFailure.Of(run.Request.Id, problem));
        }
        catch (IOException e)
        {
            return JobEnding.Failed(
                new Refusal(ErrorCode.StoreNotWritable, $"the result of job {run.Request.Id} can't be completed: {e.Message}"));
        }
    }

    private async Task<ResultFindings> CompleteAsync(AttentionRun run, ResultFile result)
    {
        (JobRequest job, AttentionPlan plan, CancellationToken cancellationToken) = (run.Request, run.Plan!, run.CancellationToken);
        (string output, string? lse) = await run.RetryAsync(() => result.Complete(cancellationToken)).ConfigureAwait(false);
        Core.Api.Verification? verification = job.Options.VerifyRows == 0 ? null : await run
            .RetryAsync(() => JobVerification.Check(job, plan, result.Path, options.Threads, cancellationToken)).ConfigureAwait(false);
        IReadOnlyList<string> input = await run.Scan!.WarningsAsync().ConfigureAwait(false);
        IReadOnlyList<string> oddities = await run
            .RetryAsync(() => JobVerification.Oddities(job, plan, result.Path, cancellationToken)).ConfigureAwait(false);
        List<string> warnings = [.. input, .. oddities];
        IReadOnlyList<string> wrong = [];
        if (verification is { Ok: false, WhyNoCheck: { } noCheck })
        {
            warnings.Add($"the verification can tell nothing at {verification.WorstRow}: {noCheck}");
        }
        else if (verification is { Ok: false })
        {
            wrong = await new ArithmeticCheck(store, shares, options, run.Clock)
                .FindAsync(job, plan, run.Watch.Tally!.Origins, verification.WrongRows, cancellationToken).ConfigureAwait(false);
            warnings.Add(WhyWrong(verification, wrong));
        }

        return new ResultFindings(output, lse, verification, warnings, wrong);
    }

    private static string WhyWrong(Core.Api.Verification verification, IReadOnlyList<string> workers) => workers.Count > 0
        ? $"the result is wrong, because these workers computed other bits than this node does: {string.Join(", ", workers)}; "
            + "take them out of the cluster ('attn drain'), and run the job again"
        : $"the result is wrong at {verification.WorstRow}, and this node computes the same bits as its workers: "
            + "the inputs have changed since, or this is a defect";
}
