namespace AttentionCluster.Cluster.Jobs;

/// <summary>The bounds of one job's coordinator.</summary>
/// <param name="TasksInFlight">Tasks sent and not yet merged, over all workers; at least 1.</param>
/// <param name="PartialsMax">
/// Partials that are on their way, or wait at the gateway for their sibling in the merge tree; at least one more than the tree has levels.
/// </param>
internal sealed record JobLimits(int TasksInFlight, int PartialsMax)
{
    /// <summary>
    /// How often the computation of one task may fail, each time elsewhere if there is another worker, before that fails the job; at least
    /// 1.
    /// </summary>
    internal int AttemptsMax { get; init; } = 3;

    /// <summary>
    /// How many workers may be lost that had one task, before that fails the job: a task that ends the process of whoever computes it must
    /// not end them all. More than chance gives: a task is out for seconds.
    /// </summary>
    internal int LossesMax { get; init; } = 6;

    /// <summary>
    /// How often a job may be begun without a new block, each time by a process that died, before it is not begun any more: one that ends
    /// its gateway must not do so for ever. More than chance gives, even where gateways are killed all the time.
    /// </summary>
    internal const int BeginningsMax = 10;

    /// <summary>How long nothing may come of any task, whatever the machines' troubles, before that fails the job.</summary>
    internal TimeSpan ProgressTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
