using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Tensors;

public class ElementTypesTests
{
    [Theory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.BFloat16)]
    public void Every_number_of_16_bits_comes_back_from_float32(ElementType type)
    {
        for (int pattern = 0; pattern <= ushort.MaxValue; pattern++)
        {
            byte[] stored = BitConverter.GetBytes((ushort)pattern);
            float widened = Single(type, stored);
            if (!float.IsNaN(widened))
                Assert.Equal(stored, Narrowed(type, widened));
            else
                Assert.True(float.IsNaN(Single(type, Narrowed(type, widened))));
        }
    }

    [Theory]
    [InlineData(0x3F80_8000u, 0x3F80)] // a tie, to even
    [InlineData(0x3F81_8000u, 0x3F82)] // a tie, to even
    [InlineData(0x3F80_8001u, 0x3F81)]
    [InlineData(0xBF80_7FFFu, 0xBF80)]
    [InlineData(0x7F7F_FFFFu, 0x7F7F)] // past the largest: what is finite stays finite
    [InlineData(0x7F80_0001u, 0x7FC0)] // a NaN whose mantissa would be lost
    public void Bfloat16_rounds_to_nearest_ties_to_even(uint number, int expected) =>
        Assert.Equal(expected, BitConverter.ToUInt16(Narrowed(ElementType.BFloat16, BitConverter.UInt32BitsToSingle(number))));

    [Fact]
    public void Float32_and_float64_hold_every_float32() =>
        Assert.All(new[] { ElementType.Float32, ElementType.Float64 }, type => Assert.Equal(1.1f, Single(type, Narrowed(type, 1.1f))));

    [Theory]
    [InlineData(ElementType.Boolean)]
    [InlineData(ElementType.Int32)]
    [InlineData(ElementType.Int64)]
    public void What_is_no_floating_point_type_is_not_converted(ElementType type)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Single(type, new byte[8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Narrowed(type, 1));
    }

    private static float Single(ElementType type, byte[] stored)
    {
        float[] number = new float[1];
        type.ToSingle(stored, number);
        return number[0];
    }

    private static byte[] Narrowed(ElementType type, float number)
    {
        byte[] stored = new byte[type.ByteSize()];
        type.FromSingle([number], stored);
        return stored;
    }

    [Theory]
    [InlineData(ElementType.Float16, 65504)]
    [InlineData(ElementType.BFloat16, 3.3895313892515355e38)]
    public void What_is_finite_stays_finite_when_it_is_narrowed(ElementType type, double largest)
    {
        foreach (int length in new[] { 1, 40 })
        {
            float[] numbers = [.. Enumerable.Range(0, length)
                .Select(i => (i % 4) switch { 0 => float.MaxValue, 1 => float.MinValue, 2 => float.NegativeInfinity, _ => 1f })];
            byte[] stored = new byte[length * type.ByteSize()];
            float[] widened = new float[length];

            type.FromSingle(numbers, stored);
            type.ToSingle(stored, widened);

            Assert.Equal(largest, type.LargestFinite());
            Assert.Equal([.. numbers.Select(number => float.IsInfinity(number) || number == 1 ? number : Math.CopySign(largest, number))
                .Select(number => (float)number)], widened);
        }
    }

    [Fact]
    public void A_finite_float64_is_a_finite_float32()
    {
        double[] numbers = [double.MaxValue, double.MinValue, 3.5e38, double.PositiveInfinity, double.NegativeInfinity, 1.5,
            3.4028235677973366e38];
        float[] narrowed = new float[numbers.Length];

        ElementType.Float64.ToSingle(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan()), narrowed);

        Assert.Equal([float.MaxValue, float.MinValue, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity, 1.5f,
            float.MaxValue], narrowed);
    }
}
