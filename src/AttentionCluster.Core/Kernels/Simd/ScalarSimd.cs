using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Kernels.Simd;

/// <summary>Four plain floats, for machines without vectors: the bits of <see cref="PortableSimd{TMultiplyAdd}"/>, slowly.</summary>
/// <typeparam name="TMultiplyAdd">How products and sums are rounded.</typeparam>
internal readonly unsafe struct ScalarSimd<TMultiplyAdd> : ISimd<Quad>
    where TMultiplyAdd : struct, IMultiplyAdd
{
    /// <inheritdoc/>
    public static int Lanes => 4;

    /// <inheritdoc/>
    public static Quad Load(float* source) => new(source[0], source[1], source[2], source[3]);

    /// <inheritdoc/>
    public static void Store(Quad vector, float* destination) =>
        (destination[0], destination[1], destination[2], destination[3]) = (vector.A, vector.B, vector.C, vector.D);

    /// <inheritdoc/>
    public static Quad LoadFloat16(ushort* source)
    {
        return new(Widen(source[0]), Widen(source[1]), Widen(source[2]), Widen(source[3]));
        static float Widen(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);
    }

    /// <inheritdoc/>
    public static Quad LoadBFloat16(ushort* source)
    {
        return new(Widen(source[0]), Widen(source[1]), Widen(source[2]), Widen(source[3]));
        static float Widen(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
    }

    /// <inheritdoc/>
    public static Quad Broadcast(float number) => new(number, number, number, number);

    /// <inheritdoc/>
    public static Quad Add(Quad x, Quad y) => new(x.A + y.A, x.B + y.B, x.C + y.C, x.D + y.D);

    /// <inheritdoc/>
    public static Quad Subtract(Quad x, Quad y) => new(x.A - y.A, x.B - y.B, x.C - y.C, x.D - y.D);

    /// <inheritdoc/>
    public static Quad Multiply(Quad x, Quad y) => new(x.A * y.A, x.B * y.B, x.C * y.C, x.D * y.D);

    /// <inheritdoc/>
    public static Quad MultiplyAdd(Quad x, Quad y, Quad z) => new(
        TMultiplyAdd.Of(x.A, y.A, z.A), TMultiplyAdd.Of(x.B, y.B, z.B), TMultiplyAdd.Of(x.C, y.C, z.C), TMultiplyAdd.Of(x.D, y.D, z.D));

    /// <inheritdoc/>
    public static Quad Max(Quad x, Quad y) => new(Larger(x.A, y.A), Larger(x.B, y.B), Larger(x.C, y.C), Larger(x.D, y.D));

    /// <inheritdoc/>
    public static Quad Divide(Quad x, Quad y) => new(x.A / y.A, x.B / y.B, x.C / y.C, x.D / y.D);

    /// <inheritdoc/>
    public static Quad WhereLess(Quad x, Quad y, Quad then, Quad otherwise) => new(
        x.A < y.A ? then.A : otherwise.A, x.B < y.B ? then.B : otherwise.B, x.C < y.C ? then.C : otherwise.C, x.D < y.D ? then.D
            : otherwise.D);

    /// <inheritdoc/>
    public static Quad Split(Quad x, out Quad whole)
    {
        x = Max(Broadcast(PowerOfTwo.Smallest), x);
        whole = Subtract(Add(x, Broadcast(PowerOfTwo.RoundingMagic)), Broadcast(PowerOfTwo.RoundingMagic));
        return Subtract(x, whole);
    }

    /// <inheritdoc/>
    public static Quad Scale(Quad x, Quad n) => new(
        PowerOfTwo.Scale(x.A, n.A), PowerOfTwo.Scale(x.B, n.B), PowerOfTwo.Scale(x.C, n.C), PowerOfTwo.Scale(x.D, n.D));

    /// <inheritdoc/>
    public static float MaxLane(Quad x) => Larger(Larger(x.A, x.C), Larger(x.B, x.D));

    /// <inheritdoc/>
    public static float SumOf16(Quad x0, Quad x1, Quad x2, Quad x3)
    {
        Quad four = Add(Add(x0, x2), Add(x1, x3));
        return four.A + four.C + (four.B + four.D);
    }

    private static float Larger(float x, float y) => x > y ? x : y;
}
