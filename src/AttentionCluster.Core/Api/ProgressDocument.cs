namespace AttentionCluster.Core.Api;

/// <summary>How much of a job is done.</summary>
/// <param name="TasksDone">Tasks whose partial has been merged.</param>
/// <param name="Tasks">Tasks that its plan has; 0 before there is one.</param>
/// <param name="FlopsDone">Floating-point operations of the tasks done.</param>
/// <param name="Flops">Those of all tasks.</param>
public sealed record ProgressDocument(int TasksDone, int Tasks, double FlopsDone, double Flops);
