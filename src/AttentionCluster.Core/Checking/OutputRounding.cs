using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Checking;

/// <summary>
/// What rounding to the type of O adds to the error of an element: at most half an ulp, which is <c>Relative</c> times the element, or
/// <c>Absolute</c> where the element is subnormal.
/// </summary>
/// <param name="Relative">Half an ulp of 1: <c>2^-p</c> for a significand of <c>p</c> bits. 0 for float32, whose rounding the error of the
/// sums covers.</param>
/// <param name="Absolute">Half of the smallest number above 0.</param>
/// <param name="Largest">The largest finite number, which larger ones become; infinite for float32, in which O was computed.</param>
internal readonly record struct OutputRounding(double Relative, double Absolute, double Largest)
{
    /// <summary>How far a number is beyond the largest.</summary>
    internal double Beyond(double number) => double.IsInfinity(Largest) ? 0 : Math.Max(0, Math.Abs(number) - Largest);

    internal static OutputRounding To(ElementType type) => type switch
    {
        // 11 bits from 2^-24 to below 2^16.
        ElementType.Float16 => new(Math.ScaleB(1, -11), Math.ScaleB(1, -25), ElementType.Float16.LargestFinite()),

        // 8 bits from 2^-133 to below 2^128.
        ElementType.BFloat16 => new(Math.ScaleB(1, -8), Math.ScaleB(1, -134), ElementType.BFloat16.LargestFinite()),
        _ => new(0, 0, double.PositiveInfinity),
    };
}
