namespace AttentionCluster.Core.Tensors;

/// <summary>
/// The type of a tensor's elements as stored, little endian. Q, K and V are of the floating-point ones; the others are those of the tensors
/// beside them: masks, lengths, document ids.
/// </summary>
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

    /// <summary>One byte, 0 for false: safetensors <c>BOOL</c>, npy <c>|b1</c>.</summary>
    Boolean,

    /// <summary>Two's complement: safetensors <c>I32</c>, npy <c>&lt;i4</c>.</summary>
    Int32,

    /// <summary>Two's complement: safetensors <c>I64</c>, npy <c>&lt;i8</c>.</summary>
    Int64,
}
