using System.Runtime.CompilerServices;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Kernels.Gemm;

/// <summary>One vector.</summary>
internal unsafe struct VectorRow1<TVector, TSimd> : IVectorRow<VectorRow1<TVector, TSimd>, TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    private TVector _a;

    /// <inheritdoc/>
    public static int Vectors => 1;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorRow1<TVector, TSimd> Load<TElement>(byte* source)
        where TElement : struct, IElement
    {
        VectorRow1<TVector, TSimd> row;
        row._a = TElement.Load<TVector, TSimd>(source);
        return row;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(float* c)
    {
        _a = TSimd.Add(_a, TSimd.Load(c));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddScaled(float factor, float* c)
    {
        TVector x = TSimd.Broadcast(factor);
        _a = TSimd.MultiplyAdd(x, TSimd.Load(c), _a);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(float* factor, in VectorRow1<TVector, TSimd> b)
    {
        TVector x = TSimd.Broadcast(*factor);
        _a = TSimd.MultiplyAdd(x, b._a, _a);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* c)
    {
        TSimd.Store(_a, c);
    }
}
