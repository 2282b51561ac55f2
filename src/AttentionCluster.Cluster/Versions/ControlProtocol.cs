namespace AttentionCluster.Cluster.Versions;

/// <summary>
/// The version of the messages between nodes. A new field of a message needs no new version: whoever does not know a field of a task
/// refuses the task, and is not sent it (<see cref="TaskFields"/>). A message that means something else does.
/// </summary>
internal static class ControlProtocol
{
    /// <summary>What this build speaks.</summary>
    internal const int Current = 2;

    /// <summary>
    /// The oldest that it understands: since 2 a task names a bit family, and no instructions. Builds from before the protocol had a number
    /// are none of these.
    /// </summary>
    internal const int OldestUnderstood = 2;
}
