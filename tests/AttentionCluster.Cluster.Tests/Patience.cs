namespace AttentionCluster.Cluster.Tests;

/// <summary>How long a test waits for an event that must come. A passing test never waits that long.</summary>
internal static class Patience
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    internal static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Limit);

    internal static Task InTime(this Task task) => task.WaitAsync(Limit);
}
