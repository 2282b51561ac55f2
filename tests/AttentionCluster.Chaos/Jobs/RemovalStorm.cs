namespace AttentionCluster.Chaos.Jobs;

/// <summary>
/// Sends dozens of small jobs, and removes all of them together as soon as the last is accepted: waiting, running and ended ones.
/// </summary>
internal sealed class RemovalStorm(WorkFiles files, GatewayCalls gateways, Action<string> note)
{
    private const int Count = 32;

    private int _accepted;
    private int _gone;

    /// <summary>Where it is, for people.</summary>
    public string Standing => FormattableString.Invariant($"{_accepted} of {Count} small jobs accepted, {_gone} removed");

    /// <summary>Ends when no gateway knows any of them.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string[] ids = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => SendAsync(cancellationToken)));
        note($"{Count} small jobs are accepted, and removed together");
        await Task.WhenAll(ids.Select(id => RemoveAsync(id, cancellationToken)));
        note("no gateway knows any of the small jobs");
    }

    private async Task<string> SendAsync(CancellationToken cancellationToken)
    {
        string id = await new JobSubmission(JobWork.Small, files, Guid.NewGuid().ToString("N")).SendAsync(gateways, cancellationToken);
        Interlocked.Increment(ref _accepted);
        return id;
    }

    private async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        await JobRemoval.GoneAsync(gateways, id, cancellationToken);
        Interlocked.Increment(ref _gone);
    }
}
