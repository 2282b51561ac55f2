namespace AttentionCluster.Core.Tests.Fuzzing;

/// <summary>Tests that measure the memory of the whole process, and therefore run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FuzzCollection
{
    /// <summary>Its name.</summary>
    public const string Name = "fuzz";
}
