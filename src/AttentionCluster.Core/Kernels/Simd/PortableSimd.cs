using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>128-bit vectors of any processor.</summary>
/// <typeparam name="TMultiplyAdd">How products and sums are rounded; a struct, so that it is bound at compile time.</typeparam>
internal readonly unsafe struct PortableSimd<TMultiplyAdd> : ISimd<Vector128<float>>
    where TMultiplyAdd : struct, IMultiplyAdd
{
    /// <inheritdoc/>
    public static int Lanes => 4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.LoadAligned(source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> vector, float* destination) => vector.StoreAligned(destination);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadFloat16(ushort* source)
    {
        Vector128<int> bits = Widen(source);
        Vector128<int> magnitude = (bits & Vector128.Create(Float16Bits.Magnitude)) << Float16Bits.MantissaShift;
        Vector128<float> widened = magnitude.AsSingle() * Vector128.Create(Float16Bits.Rebias);
        Vector128<int> special = Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(Float16Bits.FirstSpecial));
        return (widened.AsInt32() | (special & Vector128.Create(Float16Bits.Exponent)) | (
            (bits & Vector128.Create(Float16Bits.Sign)) << 16)).AsSingle();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBFloat16(ushort* source) => (Widen(source) << 16).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float number) => Vector128.Create(number);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> x, Vector128<float> y) => x + y;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> x, Vector128<float> y) => x - y;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> x, Vector128<float> y) => x * y;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> x, Vector128<float> y, Vector128<float> z) => TMultiplyAdd.Of(x, y, z);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> x, Vector128<float> y) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(x, y), x, y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> x, Vector128<float> y) => x / y;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WhereLess(Vector128<float> x, Vector128<float> y, Vector128<float> then, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.LessThan(x, y), then, otherwise);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Split(Vector128<float> x, out Vector128<float> whole)
    {
        x = Max(Vector128.Create(PowerOfTwo.Smallest), x);
        whole = x + Vector128.Create(PowerOfTwo.RoundingMagic) - Vector128.Create(PowerOfTwo.RoundingMagic);
        return x - whole;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scale(Vector128<float> x, Vector128<float> n)
    {
        Vector128<int> exponent = Vector128.ConvertToInt32(n) + Vector128.Create(PowerOfTwo.ExponentBias + PowerOfTwo.Raised);
        return x * (exponent << 23).AsSingle() * Vector128.Create(PowerOfTwo.Lowering);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxLane(Vector128<float> x)
    {
        Vector128<float> two = Max(x, Vector128.Shuffle(x, Vector128.Create(2, 3, 2, 3)));
        return Max(two, Vector128.Create(two[1])).ToScalar();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumOf16(Vector128<float> x0, Vector128<float> x1, Vector128<float> x2, Vector128<float> x3)
    {
        Vector128<float> four = x0 + x2 + (x1 + x3);
        return four[0] + four[2] + (four[1] + four[3]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(ushort* source) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()).AsInt32();
}
