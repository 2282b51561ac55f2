namespace AttentionCluster.Chaos.Planning;

/// <summary>A run, before it happens: it follows from its seed alone.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Gateways">Gateways; two share a data directory.</param>
/// <param name="Workers">Workers of one thread when the run starts.</param>
/// <param name="Jobs">The first is the one whose progress the moments of everything else refer to.</param>
/// <param name="Faults">By their moments.</param>
/// <param name="Settings">Of the nodes.</param>
internal sealed record RunPlan(
    int Seed, int Gateways, int Workers, IReadOnlyList<PlannedJob> Jobs, IReadOnlyList<PlannedFault> Faults, NodeSettings Settings)
{
    /// <summary>Names of the nodes that are there when the run starts.</summary>
    public IEnumerable<string> Nodes =>
        [.. Enumerable.Range(1, Gateways).Select(NodeNames.Gateway), .. Enumerable.Range(1, Workers).Select(NodeNames.Worker)];

    /// <summary>The plan for people: all that it says.</summary>
    public IEnumerable<string> Lines() =>
    [
        $"seed {Seed}",
        $"cluster: {Gateways} {(Gateways == 1 ? "gateway" : "gateways that share a data directory")}, {Workers} "
            + $"{(Workers == 1 ? "worker" : "workers")}",
        $"nodes: {Settings}",
        .. Jobs.Select(job => $"job    {job}"),
        .. Faults.Select(fault => $"fault  {fault}"),
    ];
}
