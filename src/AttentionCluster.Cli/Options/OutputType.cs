namespace AttentionCluster.Cli.Options;

/// <summary>What <c>--out-dtype</c> asks for.</summary>
internal enum OutputType
{
    /// <summary>float32, in which everything is computed.</summary>
    Float32,

    /// <summary>float16.</summary>
    Float16,

    /// <summary>bfloat16.</summary>
    BFloat16,

    /// <summary>The type of the input.</summary>
    SameAsInput,
}
