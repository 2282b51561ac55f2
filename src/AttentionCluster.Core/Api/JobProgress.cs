namespace AttentionCluster.Core.Api;

/// <summary>How far a job is.</summary>
/// <param name="State">Where it is in its life.</param>
/// <param name="TasksDone">Tasks whose partial has been merged.</param>
/// <param name="TasksTotal">Tasks that the plan has.</param>
/// <param name="FlopsDone">Floating-point operations of the tasks done.</param>
/// <param name="FlopsTotal">Floating-point operations of all tasks.</param>
public sealed record JobProgress(JobState State, int TasksDone, int TasksTotal, double FlopsDone, double FlopsTotal);
