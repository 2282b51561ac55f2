namespace AttentionCluster.Core.Kernels;

/// <summary>Four plain floats with products and sums rounded once, for machines without vectors: the bits of <see cref="FusedSimd{TFused}"/>, slowly.</summary>
internal readonly unsafe struct FusedScalarSimd : ISimd<ScalarSimd.Quad>
{
    /// <inheritdoc/>
    public static int Lanes => ScalarSimd.Lanes;

    /// <inheritdoc/>
    public static ScalarSimd.Quad Load(float* source) => ScalarSimd.Load(source);

    /// <inheritdoc/>
    public static void Store(ScalarSimd.Quad vector, float* destination) => ScalarSimd.Store(vector, destination);

    /// <inheritdoc/>
    public static ScalarSimd.Quad LoadFloat16(ushort* source) => ScalarSimd.LoadFloat16(source);

    /// <inheritdoc/>
    public static ScalarSimd.Quad LoadBFloat16(ushort* source) => ScalarSimd.LoadBFloat16(source);

    /// <inheritdoc/>
    public static ScalarSimd.Quad Broadcast(float number) => ScalarSimd.Broadcast(number);

    /// <inheritdoc/>
    public static ScalarSimd.Quad Add(ScalarSimd.Quad x, ScalarSimd.Quad y) => ScalarSimd.Add(x, y);

    /// <inheritdoc/>
    public static ScalarSimd.Quad Subtract(ScalarSimd.Quad x, ScalarSimd.Quad y) => ScalarSimd.Subtract(x, y);

    /// <inheritdoc/>
    public static ScalarSimd.Quad Multiply(ScalarSimd.Quad x, ScalarSimd.Quad y) => ScalarSimd.Multiply(x, y);

    /// <inheritdoc/>
    public static ScalarSimd.Quad MultiplyAdd(ScalarSimd.Quad x, ScalarSimd.Quad y, ScalarSimd.Quad z) => new(
        EmulatedMultiplyAdd.MultiplyAdd(x.A, y.A, z.A), EmulatedMultiplyAdd.MultiplyAdd(x.B, y.B, z.B),
        EmulatedMultiplyAdd.MultiplyAdd(x.C, y.C, z.C), EmulatedMultiplyAdd.MultiplyAdd(x.D, y.D, z.D));

    /// <inheritdoc/>
    public static ScalarSimd.Quad Max(ScalarSimd.Quad x, ScalarSimd.Quad y) => ScalarSimd.Max(x, y);

    /// <inheritdoc/>
    public static ScalarSimd.Quad Divide(ScalarSimd.Quad x, ScalarSimd.Quad y) => ScalarSimd.Divide(x, y);

    /// <inheritdoc/>
    public static ScalarSimd.Quad WhereLess(ScalarSimd.Quad x, ScalarSimd.Quad y, ScalarSimd.Quad then, ScalarSimd.Quad otherwise) => ScalarSimd.WhereLess(x, y, then, otherwise);

    /// <inheritdoc/>
    public static ScalarSimd.Quad Split(ScalarSimd.Quad x, out ScalarSimd.Quad whole) => ScalarSimd.Split(x, out whole);

    /// <inheritdoc/>
    public static ScalarSimd.Quad Scale(ScalarSimd.Quad x, ScalarSimd.Quad n) => ScalarSimd.Scale(x, n);

    /// <inheritdoc/>
    public static float MaxLane(ScalarSimd.Quad x) => ScalarSimd.MaxLane(x);

    /// <inheritdoc/>
    public static float SumOf16(ScalarSimd.Quad x0, ScalarSimd.Quad x1, ScalarSimd.Quad x2, ScalarSimd.Quad x3) => ScalarSimd.SumOf16(x0, x1, x2, x3);
}
