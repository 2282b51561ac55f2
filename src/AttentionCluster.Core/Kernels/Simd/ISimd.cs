using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>
/// One vector of float32 and what an instruction set does with it: all that differs between kernel paths. Algorithms are written
/// once over it, and the JIT compiles them anew for each.
/// </summary>
/// <remarks>
/// Every method must be inlined: a call inside a loop makes the JIT spill each accumulator. A lane's result depends on that lane
/// alone, so that the width of a vector changes no bit.
/// </remarks>
/// <typeparam name="TVector">The vector, of <see cref="Lanes"/> floats.</typeparam>
internal unsafe interface ISimd<TVector>
    where TVector : struct
{
    /// <summary>Floats of a vector: 4, 8 or 16.</summary>
    static abstract int Lanes { get; }

    /// <summary>Loads from an address aligned to the vector's size.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Stores to an address aligned to the vector's size.</summary>
    static abstract void Store(TVector vector, float* destination);

    /// <summary>Loads IEEE binary16 numbers, widened exactly.</summary>
    static abstract TVector LoadFloat16(ushort* source);

    /// <summary>Loads bfloat16 numbers, widened exactly.</summary>
    static abstract TVector LoadBFloat16(ushort* source);

    /// <summary>The same number in each lane.</summary>
    static abstract TVector Broadcast(float number);

    /// <summary><c>x + y</c>.</summary>
    static abstract TVector Add(TVector x, TVector y);

    /// <summary><c>x - y</c>.</summary>
    static abstract TVector Subtract(TVector x, TVector y);

    /// <summary><c>x * y</c>.</summary>
    static abstract TVector Multiply(TVector x, TVector y);

    /// <summary><c>x * y + z</c>, rounded once or twice: that is the <see cref="BitFamily"/>.</summary>
    static abstract TVector MultiplyAdd(TVector x, TVector y, TVector z);

    /// <summary>The larger; <paramref name="y"/> when one of them is NaN.</summary>
    static abstract TVector Max(TVector x, TVector y);

    /// <summary><c>x / y</c>.</summary>
    static abstract TVector Divide(TVector x, TVector y);

    /// <summary><paramref name="then"/> where x &lt; y, else <paramref name="otherwise"/>, also where one is NaN.</summary>
    static abstract TVector WhereLess(TVector x, TVector y, TVector then, TVector otherwise);

    /// <summary>
    /// Splits exponents of at most 27 into the nearest integer, ties to even, and a rest from -1/2 to 1/2, both exact; the rest is NaN
    /// where x is. Below -160, where
    /// <c>2^x</c> rounds to zero, and of -infinity, both are whatever <see cref="Scale"/> makes zero of.
    /// </summary>
    static abstract TVector Split(TVector x, out TVector whole);

    /// <summary><c>x * 2^n</c>, rounded once, for x from 1/2 to 2 and an n that <see cref="Split"/> made.</summary>
    static abstract TVector Scale(TVector x, TVector n);

    /// <summary>The largest lane; where one is NaN, that or any other.</summary>
    static abstract float MaxLane(TVector x);

    /// <summary>
    /// The sum of 16 lanes, folded 8, 4, 2, 1: those of <paramref name="x0"/> alone, of the first two, or of all four, by
    /// <see cref="Lanes"/>.
    /// </summary>
    static abstract float SumOf16(TVector x0, TVector x1, TVector x2, TVector x3);
}
