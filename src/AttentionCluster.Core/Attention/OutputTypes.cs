using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>What <see cref="OutputType"/> means for the elements of O.</summary>
internal static class OutputTypes
{
    /// <summary>
    /// The options in which <see cref="OutputType.SameAsInput"/> is replaced by what it means for a Q of this type: a plan that is computed
    /// needs to know. For float64 it means float32, in which everything is computed.
    /// </summary>
    public static AttentionOptions WithOutputFor(this AttentionOptions options, ElementType queryType) =>
        options.Output != OutputType.SameAsInput ? options : options with
        {
            Output = queryType switch
            {
                ElementType.Float16 => OutputType.Float16,
                ElementType.BFloat16 => OutputType.BFloat16,
                _ => OutputType.Float32,
            },
        };

    /// <summary>The type of the elements.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It depends on Q: see <see cref="WithOutputFor"/>.</exception>
    public static ElementType ToElementType(this OutputType output) => output switch
    {
        OutputType.Float32 => ElementType.Float32,
        OutputType.Float16 => ElementType.Float16,
        OutputType.BFloat16 => ElementType.BFloat16,
        _ => throw new ArgumentOutOfRangeException(nameof(output), output, null),
    };
}
