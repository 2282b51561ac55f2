namespace AttentionCluster.Core.Measuring;

/// <summary>What the limits are measured with: the vector operations that a kernel path is made of.</summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal unsafe interface IVectorOperations<TVector>
    where TVector : struct
{
    /// <summary>Floats of a vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>A vector of equal floats.</summary>
    static abstract TVector Create(float value);

    /// <summary>A vector from memory that is aligned to 64 bytes.</summary>
    static abstract TVector Load(float* address);

    /// <summary><c>a + b</c>.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary><c>a * b + c</c>, 2 floating-point operations a lane, as the path does it: rounded once, or after each.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The first lane.</summary>
    static abstract float First(TVector vector);
}
