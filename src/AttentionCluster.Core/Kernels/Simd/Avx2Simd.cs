using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>256-bit vectors. Each lane's operations are those of <see cref="Avx512Simd"/>, so both give the same bits.</summary>
internal readonly unsafe struct Avx2Simd : ISimd<Vector256<float>>
{
    /// <inheritdoc/>
    public static int Lanes => 8;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.LoadAligned(source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> vector, float* destination) => vector.StoreAligned(destination);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadFloat16(ushort* source)
    {
        Vector256<int> bits = Avx2.ConvertToVector256Int32(Vector128.LoadAligned(source));
        Vector256<int> magnitude = (bits & Vector256.Create(Float16Bits.Magnitude)) << Float16Bits.MantissaShift;
        Vector256<float> widened = magnitude.AsSingle() * Vector256.Create(Float16Bits.Rebias);
        Vector256<int> special = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(Float16Bits.FirstSpecial));
        return (widened.AsInt32() | (special & Vector256.Create(Float16Bits.Exponent)) | (
            (bits & Vector256.Create(Float16Bits.Sign)) << 16)).AsSingle();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBFloat16(ushort* source) =>
        Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32(Vector128.LoadAligned(source)), 16).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float number) => Vector256.Create(number);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> x, Vector256<float> y) => Avx.Add(x, y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> x, Vector256<float> y) => Avx.Subtract(x, y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> x, Vector256<float> y) => Avx.Multiply(x, y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> z) => Fma.MultiplyAdd(x, y, z);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> x, Vector256<float> y) => Avx.Max(x, y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> x, Vector256<float> y) => Avx.Divide(x, y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WhereLess(Vector256<float> x, Vector256<float> y, Vector256<float> then, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.LessThan(x, y), then, otherwise);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Split(Vector256<float> x, out Vector256<float> whole)
    {
        // The second operand comes back when one is NaN: a NaN stays one.
        x = Max(Vector256.Create(PowerOfTwo.Smallest), x);
        whole = Avx.RoundToNearestInteger(x);
        return Subtract(x, whole);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> x, Vector256<float> n)
    {
        // In two factors, as 2^n may be below the normal range; only the second product can round, as in one step of vscalefps.
        Vector256<int> exponent = Avx2.Add(Avx.ConvertToVector256Int32(n), Vector256.Create(PowerOfTwo.ExponentBias + PowerOfTwo.Raised));
        return Avx.Multiply(Avx.Multiply(x, Avx2.ShiftLeftLogical(exponent, 23).AsSingle()), Vector256.Create(PowerOfTwo.Lowering));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxLane(Vector256<float> x)
    {
        Vector128<float> four = Sse.Max(x.GetLower(), x.GetUpper());
        Vector128<float> two = Sse.Max(four, Sse.MoveHighToLow(four, four));
        return Sse.MaxScalar(two, Sse.Shuffle(two, two, 1)).ToScalar();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumOf16(Vector256<float> x0, Vector256<float> x1, Vector256<float> x2, Vector256<float> x3) =>
        SumOf8(Avx.Add(x0, x1));

    /// <summary>Folded 4, 2, 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float SumOf8(Vector256<float> x)
    {
        Vector128<float> four = Sse.Add(x.GetLower(), x.GetUpper());
        Vector128<float> two = Sse.Add(four, Sse.MoveHighToLow(four, four));
        return Sse.AddScalar(two, Sse.Shuffle(two, two, 1)).ToScalar();
    }
}
