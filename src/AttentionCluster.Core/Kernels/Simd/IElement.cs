namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>How the elements of packed K and V are stored: what a vector of them takes, and how it is loaded as float32.</summary>
internal unsafe interface IElement
{
    /// <summary>Bytes of one element.</summary>
    static abstract int Bytes { get; }

    /// <summary>Loads a vector's lanes, widened exactly.</summary>
    static abstract TVector Load<TVector, TSimd>(byte* source)
        where TVector : struct
        where TSimd : struct, ISimd<TVector>;
}
