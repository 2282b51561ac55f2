using System.Runtime.CompilerServices;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Kernels.Gemm;

/// <summary>Four vectors.</summary>
internal unsafe struct VectorRow4<TVector, TSimd> : IVectorRow<VectorRow4<TVector, TSimd>, TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    private TVector _a, _b, _c, _d;

    /// <inheritdoc/>
    public static int Vectors => 4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorRow4<TVector, TSimd> Load<TElement>(byte* source)
        where TElement : struct, IElement
    {
        VectorRow4<TVector, TSimd> row;
        row._a = TElement.Load<TVector, TSimd>(source);
        row._b = TElement.Load<TVector, TSimd>(source + (TSimd.Lanes * TElement.Bytes));
        row._c = TElement.Load<TVector, TSimd>(source + (2 * TSimd.Lanes * TElement.Bytes));
        row._d = TElement.Load<TVector, TSimd>(source + (3 * TSimd.Lanes * TElement.Bytes));
        return row;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(float* c)
    {
        _a = TSimd.Add(_a, TSimd.Load(c));
        _b = TSimd.Add(_b, TSimd.Load(c + TSimd.Lanes));
        _c = TSimd.Add(_c, TSimd.Load(c + (2 * TSimd.Lanes)));
        _d = TSimd.Add(_d, TSimd.Load(c + (3 * TSimd.Lanes)));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddScaled(float factor, float* c)
    {
        TVector x = TSimd.Broadcast(factor);
        _a = TSimd.MultiplyAdd(x, TSimd.Load(c), _a);
        _b = TSimd.MultiplyAdd(x, TSimd.Load(c + TSimd.Lanes), _b);
        _c = TSimd.MultiplyAdd(x, TSimd.Load(c + (2 * TSimd.Lanes)), _c);
        _d = TSimd.MultiplyAdd(x, TSimd.Load(c + (3 * TSimd.Lanes)), _d);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(float* factor, in VectorRow4<TVector, TSimd> b)
    {
        TVector x = TSimd.Broadcast(*factor);
        _a = TSimd.MultiplyAdd(x, b._a, _a);
        _b = TSimd.MultiplyAdd(x, b._b, _b);
        _c = TSimd.MultiplyAdd(x, b._c, _c);
        _d = TSimd.MultiplyAdd(x, b._d, _d);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* c)
    {
        TSimd.Store(_a, c);
        TSimd.Store(_b, c + TSimd.Lanes);
        TSimd.Store(_c, c + (2 * TSimd.Lanes));
        TSimd.Store(_d, c + (3 * TSimd.Lanes));
    }
}
