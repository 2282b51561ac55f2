namespace AttentionCluster.Core.Attention;

/// <summary>
/// The type of the elements of O. All of them are computed in float32, and rounded to nearest, ties to even, when they are written.
/// </summary>
public enum OutputType
{
    /// <summary>float32, in which everything is computed.</summary>
    Float32,

    /// <summary>float16.</summary>
    Float16,

    /// <summary>bfloat16.</summary>
    BFloat16,

    /// <summary>The type of Q; float32 when that is float64.</summary>
    SameAsInput,
}
