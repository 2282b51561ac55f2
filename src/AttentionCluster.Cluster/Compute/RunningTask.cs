using Akka.Actor;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Compute;

/// <summary>An attempt at a task that is under way.</summary>
internal sealed class RunningTask(CancellationTokenSource cancellation, Task<TaskDone> done)
{
    internal CancellationTokenSource Cancellation => cancellation;

    internal Task<TaskDone> Done => done;

    /// <summary>Who has asked for it last.</summary>
    internal required IActorRef Coordinator { get; set; }

    /// <summary>Whether it was cancelled because this worker leaves.</summary>
    internal bool IsGivenBack { get; set; }
}
