using System.Runtime.CompilerServices;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Kernels.Gemm;

/// <summary>Two vectors.</summary>
internal unsafe struct VectorRow2<TVector, TSimd> : IVectorRow<VectorRow2<TVector, TSimd>, TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    private TVector _a, _b;

    /// <inheritdoc/>
    public static int Vectors => 2;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorRow2<TVector, TSimd> Load<TElement>(byte* source)
        where TElement : struct, IElement
    {
        VectorRow2<TVector, TSimd> row;
        row._a = TElement.Load<TVector, TSimd>(source);
        row._b = TElement.Load<TVector, TSimd>(source + (TSimd.Lanes * TElement.Bytes));
        return row;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(float* c)
    {
        _a = TSimd.Add(_a, TSimd.Load(c));
        _b = TSimd.Add(_b, TSimd.Load(c + TSimd.Lanes));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddScaled(float factor, float* c)
    {
        TVector x = TSimd.Broadcast(factor);
        _a = TSimd.MultiplyAdd(x, TSimd.Load(c), _a);
        _b = TSimd.MultiplyAdd(x, TSimd.Load(c + TSimd.Lanes), _b);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(float* factor, in VectorRow2<TVector, TSimd> b)
    {
        TVector x = TSimd.Broadcast(*factor);
        _a = TSimd.MultiplyAdd(x, b._a, _a);
        _b = TSimd.MultiplyAdd(x, b._b, _b);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* c)
    {
        TSimd.Store(_a, c);
        TSimd.Store(_b, c + TSimd.Lanes);
    }
}
