namespace AttentionCluster.Cluster.Tests.Jobs;

/// <summary>How probable it is that something goes wrong.</summary>
/// <param name="Failure">A task fails that may be sent again.</param>
/// <param name="LastFailure">A task fails that may not.</param>
/// <param name="Late">A failed task is answered after all.</param>
/// <param name="Duplicate">A task is answered twice.</param>
/// <param name="Pull">A partial can't be pulled.</param>
/// <param name="Redelivery">An answer is delivered twice.</param>
/// <param name="Loss">A worker goes, before an answer, with all that it has; another comes later.</param>
internal readonly record struct Faults(
    double Failure, double LastFailure, double Late, double Duplicate, double Pull, double Redelivery, double Loss = 0);
