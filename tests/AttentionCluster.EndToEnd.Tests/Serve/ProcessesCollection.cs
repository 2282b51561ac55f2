namespace AttentionCluster.EndToEnd.Tests.Serve;

/// <summary>
/// Tests with clusters of processes run one after the other: several clusters at once would wait for each other's processors.
/// </summary>
[CollectionDefinition(Name)]
public sealed class ProcessesCollection
{
    public const string Name = "clusters of processes";
}
