using System.Runtime.CompilerServices;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>float32.</summary>
internal readonly unsafe struct Float32Element : IElement
{
    /// <inheritdoc/>
    public static int Bytes => sizeof(float);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector, TSimd>(byte* source)
        where TVector : struct
        where TSimd : struct, ISimd<TVector> => TSimd.Load((float*)source);
}

/// <summary>IEEE binary16.</summary>
internal readonly unsafe struct Float16Element : IElement
{
    /// <inheritdoc/>
    public static int Bytes => sizeof(ushort);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector, TSimd>(byte* source)
        where TVector : struct
        where TSimd : struct, ISimd<TVector> => TSimd.LoadFloat16((ushort*)source);
}

/// <summary>bfloat16.</summary>
internal readonly unsafe struct BFloat16Element : IElement
{
    /// <inheritdoc/>
    public static int Bytes => sizeof(ushort);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector, TSimd>(byte* source)
        where TVector : struct
        where TSimd : struct, ISimd<TVector> => TSimd.LoadBFloat16((ushort*)source);
}
