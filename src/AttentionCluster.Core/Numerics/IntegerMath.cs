namespace AttentionCluster.Core.Numerics;

/// <summary>Integer arithmetic that the base library has no name for.</summary>
internal static class IntegerMath
{
    /// <summary>A quotient rounded up; no intermediate overflows.</summary>
    /// <param name="value">At least 0.</param>
    /// <param name="by">At least 1.</param>
    internal static int DivideUp(int value, int by) => (int)(((long)value + by - 1) / by);
}
