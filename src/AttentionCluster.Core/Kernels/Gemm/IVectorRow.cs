using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Kernels.Gemm;

/// <summary>Some neighbouring vectors: a row of accumulators, or of the matrix that is multiplied with.</summary>
/// <remarks>The JIT keeps the fields of a local in registers as long as every method is inlined, and there are at most four.</remarks>
internal unsafe interface IVectorRow<TRow, TVector, TSimd>
    where TRow : struct, IVectorRow<TRow, TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    /// <summary>Vectors of the row.</summary>
    static abstract int Vectors { get; }

    /// <summary>Loads stored elements.</summary>
    static abstract TRow Load<TElement>(byte* source)
        where TElement : struct, IElement;

    /// <summary><c>this += c</c>.</summary>
    void Add(float* c);

    /// <summary><c>this += factor * c</c>.</summary>
    void AddScaled(float factor, float* c);

    /// <summary><c>this += *factor * b</c>.</summary>
    void MultiplyAdd(float* factor, in TRow b);

    /// <summary>Stores float32.</summary>
    void Store(float* c);
}
