namespace AttentionCluster.Server.Tests.Running;

/// <summary>Waits for what must come to pass, and of which the API does not tell.</summary>
internal static class Eventually
{
    internal static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    internal static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition())
            await timer.WaitForNextTickAsync(limit.Token);
    }
}
