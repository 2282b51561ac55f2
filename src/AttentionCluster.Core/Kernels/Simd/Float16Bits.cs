namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>
/// IEEE binary16 to binary32 by integer operations and one exact multiplication: the mantissa moves to its place, the product
/// with 2^112 rebiases the exponent (and makes subnormals normal), and infinities and NaN get the full exponent back. .NET
/// exposes no instruction for it.
/// </summary>
internal static class Float16Bits
{
    /// <summary>All bits but the sign.</summary>
    internal const int Magnitude = 0x7FFF;

    /// <summary>The sign.</summary>
    internal const int Sign = 0x8000;

    /// <summary>Mantissas have 10 and 23 bits.</summary>
    internal const int MantissaShift = 13;

    /// <summary>The exponents' biases are 15 and 127.</summary>
    internal const float Rebias = 5.192296858534828e33f;

    /// <summary>From here on a shifted magnitude is infinity or NaN.</summary>
    internal const int FirstSpecial = 0x7C00 << MantissaShift;

    /// <summary>The exponent of infinity and NaN in binary32.</summary>
    internal const int Exponent = 0x7F800000;
}
