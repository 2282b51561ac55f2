namespace AttentionCluster.Server.Http.Documents;

/// <summary>How far a job is.</summary>
/// <param name="TasksDone">Tasks whose partial has been merged.</param>
/// <param name="Tasks">Tasks that its plan has.</param>
/// <param name="FlopsDone">Floating-point operations of the tasks done.</param>
/// <param name="Flops">Those of all.</param>
internal sealed record ProgressDocument(int TasksDone, int Tasks, double FlopsDone, double Flops);
