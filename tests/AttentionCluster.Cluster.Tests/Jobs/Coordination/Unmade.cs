using Akka.Actor;

namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>What memory does not suffice to make.</summary>
public sealed class Unmade : ReceiveActor
{
    /// <summary>What its constructor says.</summary>
    public const string Cause = "no memory for this job";

    /// <summary>Throws.</summary>
    public Unmade() => throw new InsufficientMemoryException(Cause);
}
