using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cluster.Jobs;

/// <summary>What a worker measured of a task that it has computed.</summary>
/// <param name="KernelSeconds">Seconds of its thread in the kernel.</param>
/// <param name="WaitSeconds">From the task's arrival to the start of its kernel.</param>
/// <param name="BytesReceived">Rows of K, V and Q that the worker received for it.</param>
/// <param name="WorkerThreads">The worker's compute threads.</param>
/// <param name="Kernel">The path that computed.</param>
internal readonly record struct TaskMeasurements(
    double KernelSeconds, double WaitSeconds, long BytesReceived, int WorkerThreads, KernelPath Kernel);
