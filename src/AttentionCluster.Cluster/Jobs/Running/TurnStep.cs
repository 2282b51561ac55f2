namespace AttentionCluster.Cluster.Jobs.Running;

/// <summary>Waits for the job's turn: so many run at a time, because each has its part of the memory for partials.</summary>
internal sealed class TurnStep(int jobsRunningMax) : IJobStep, IDisposable
{
    private readonly SemaphoreSlim _turns = new(jobsRunningMax, jobsRunningMax);

    public async Task<JobEnding?> RunAsync(AttentionRun run)
    {
        await _turns.WaitAsync(run.CancellationToken).ConfigureAwait(false);
        run.Turn = new Turn(_turns);
        run.Watch.Started();
        return null;
    }

    public void Dispose() => _turns.Dispose();

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }
}
