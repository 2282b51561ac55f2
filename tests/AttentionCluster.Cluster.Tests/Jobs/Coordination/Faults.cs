namespace AttentionCluster.Cluster.Tests.Jobs.Coordination;

/// <summary>How probable it is that something goes wrong.</summary>
internal readonly record struct Faults
{
    /// <summary>A message is lost, in either direction.</summary>
    internal double Lost { get; init; }

    /// <summary>A message comes twice.</summary>
    internal double Doubled { get; init; }

    /// <summary>The computation of a task fails that may be sent again.</summary>
    internal double Failure { get; init; }

    /// <summary>The computation of a task fails that may not.</summary>
    internal double LastFailure { get; init; }

    /// <summary>A task fails because of its worker's machine.</summary>
    internal double Trouble { get; init; }

    /// <summary>A partial can't be pulled.</summary>
    internal double Pull { get; init; }

    /// <summary>A worker stands still before it ends a task.</summary>
    internal double Stall { get; init; }

    /// <summary>As a task is sent, its worker dies with all that it has; another comes, of the same name or a new one.</summary>
    internal double Death { get; init; }

    /// <summary>
    /// As a task is sent, its worker can't be reached any more, and comes back later with all that it has done meanwhile.
    /// </summary>
    internal double Partition { get; init; }

    /// <summary>As a task is sent, its worker begins to leave; another comes.</summary>
    internal double Leave { get; init; }

    /// <summary>As a task is sent, a segment gets another home.</summary>
    internal double Move { get; init; }

    /// <summary>Everything, often.</summary>
    internal static Faults All { get; } = new()
    {
        Lost = 0.15,
        Doubled = 0.2,
        Failure = 0.15,
        Trouble = 0.1,
        Pull = 0.15,
        Stall = 0.3,
        Death = 0.05,
        Partition = 0.05,
        Leave = 0.04,
        Move = 0.1,
    };
}
