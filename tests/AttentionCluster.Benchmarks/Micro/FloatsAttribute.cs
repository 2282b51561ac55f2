namespace AttentionCluster.Benchmarks.Micro;

/// <summary>How many float32 elements one run of a benchmark reads or makes; a column shows them as GB/s.</summary>
/// <param name="count">Elements.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FloatsAttribute(int count) : Attribute
{
    /// <summary>Elements.</summary>
    public int Count => count;
}
