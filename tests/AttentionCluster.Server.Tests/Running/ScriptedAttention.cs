using System.Collections.Concurrent;
using System.Threading.Channels;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Server.Tests.Running;

/// <summary>Computes nothing, and ends each job when and how a test says.</summary>
internal sealed class ScriptedAttention : IAttentionService
{
    private readonly ConcurrentDictionary<string, ScriptedJob> _jobs = new(StringComparer.Ordinal);
    private readonly Channel<string> _starts = Channel.CreateUnbounded<string>();
    private TensorStore? _store;

    /// <summary>Jobs end at once, with a result of zeros.</summary>
    internal bool EndsAtOnce { get; init; }

    internal void Attach(TensorStore store) => _store = store;

    internal ScriptedJob this[string id] => _jobs[id];

    /// <summary>Waits until one more job was started.</summary>
    /// <returns>Its id.</returns>
    internal Task<string> NextStartAsync() => _starts.Reader.ReadAsync().AsTask().InTime();

    /// <summary>Whether a job was started that <see cref="NextStartAsync"/> has not told of.</summary>
    internal bool HasStarts => _starts.Reader.TryPeek(out _);

    public async Task<JobOutcome> RunAsync(JobRequest job, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        AttentionPlan plan = Plans.Of(job.Query.Shape, job.Key.Shape, job.Value.Shape, job.Options.WithOutputFor(job.Query.Entry.Type));
        var scripted = new ScriptedJob(progress!, plan);
        _jobs[job.Id] = scripted;
        _starts.Writer.TryWrite(job.Id);
        using (cancellationToken.Register(() => scripted.End.TrySetResult(new Refusal(ErrorCode.JobCancelled, ""))))
        {
            Refusal? reason = EndsAtOnce ? null : await scripted.End.Task;
            if (cancellationToken.IsCancellationRequested)
                return new JobOutcome(Report(job, plan, JobState.Cancelled), null, null);
            if (reason is not null)
                return new JobOutcome(Report(job, plan, JobState.Failed), reason, null);
        }

        using ResultFile result = _store!.CreateResult(job.Id, plan);
        result.Complete(CancellationToken.None);
        return new JobOutcome(Report(job, plan, JobState.Succeeded), null, result.Path);
    }

    /// <summary>What becomes of what is journaled of a job that has ended: removed at once, unless a test says otherwise.</summary>
    internal Func<string, Task> Forgetting { get; set; } = _ => Task.CompletedTask;

    public Task ForgetAsync(string job) => Forgetting(job);

    private static JobReport Report(JobRequest job, AttentionPlan plan, JobState state) => new()
    {
        Id = job.Id,
        State = state,
        Seconds = new PhaseSeconds(0, 0, 0, 0, 0),
        Flops = plan.Flops,
        Gflops = 0,
        IdealFraction = 0,
        TilesComputed = plan.TilesComputed,
        TilesSkipped = plan.TilesSkipped,
        Tasks = plan.TaskCount,
        Retries = 0,
        BytesMoved = 0,
        Workers = [],
        Threads = 0,
        Kernel = "reference",
        KeysPerSegment = plan.KeysPerSegment,
        RowsPerBlock = plan.RowsPerBlock,
    };
}
