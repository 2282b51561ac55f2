namespace AttentionCluster.Core.Api;

/// <summary>A worker that went in the middle of a job without having been told to.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="NoticedSeconds">When that was noticed, in seconds since the job's start.</param>
/// <param name="SilentSeconds">For how long nothing had been heard of it then: it went within this time.</param>
/// <param name="RecomputedTasks">Tasks that it had, or whose partials were lost with it, and that were sent again.</param>
/// <param name="FirstTaskElsewhereSeconds">
/// From the notice until the first task of its share was sent to another: one that it had, or one of the segments that it was the home of.
/// Null when there was none.
/// </param>
/// <param name="NewHomeSeconds">From the notice until all of these segments had a new home. Null when it had none, or the job ended
/// before.</param>
public sealed record LostWorker(
    string Name, double NoticedSeconds, double SilentSeconds, int RecomputedTasks, double? FirstTaskElsewhereSeconds,
        double? NewHomeSeconds);
