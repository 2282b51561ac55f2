namespace AttentionCluster.Core.Tensors;

/// <summary>The type of a tensor's elements as stored, little endian.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 binary32: safetensors <c>F32</c>, npy <c>&lt;f4</c>.</summary>
    Float32,

    /// <summary>IEEE 754 binary16: safetensors <c>F16</c>, npy <c>&lt;f2</c>.</summary>
    Float16,

    /// <summary>The upper half of a binary32: safetensors <c>BF16</c>.</summary>
    BFloat16,

    /// <summary>IEEE 754 binary64, converted to float32 when it is read: safetensors <c>F64</c>, npy <c>&lt;f8</c>.</summary>
    Float64,
}
