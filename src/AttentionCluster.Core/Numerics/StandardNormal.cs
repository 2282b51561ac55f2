using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Numerics;

/// <summary>
/// Random tensors without state: each element is a pure function of the seed, the tensor's name and shape, and the
/// element's index, so any node can make any part, in any order, and every machine makes the same bits.
/// </summary>
/// <remarks>
/// The element at index <c>i</c> is the quantile of <c>u = (n + 1/2) / 2^52</c>, where <c>n</c> is the upper 52 bits of
/// SplitMix64's output for state <c>key + (i + 1) * gamma</c> (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014), and the key
/// is a hash of everything else. <c>u</c> is never 0 or 1, so no element is infinite: the largest is 8.2.
/// </remarks>
internal static class StandardNormal
{
    /// <summary>SplitMix64's step: odd, and near 2^64 over the golden ratio.</summary>
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    /// <summary>Steps of the four lanes of one vector, and of the eight of one turn of the loop, modulo 2^64.</summary>
    private const ulong HalfTurn = unchecked(4 * Gamma);
    private const ulong Turn = unchecked(8 * Gamma);

    /// <summary>Bits of a double between 1 and 2 whose mantissa is zero.</summary>
    private const ulong BitsOfOne = 0x3FF0000000000000;

    /// <summary>From [1, 2) to the middle of each of its 2^52 steps, with 0 in the middle of all; both exact.</summary>
    private const double ToCentre = 1.5;
    private const double HalfStep = 1.0 / (1L << 53);

    /// <summary>Writes the elements from <paramref name="firstElement"/> on.</summary>
    /// <param name="seed">Another seed, another tensor.</param>
    /// <param name="tensorName">So that Q, K and V of one seed are independent.</param>
    /// <param name="shape">Of the whole tensor; its rank, which is only how it was written, does not count.</param>
    /// <param name="firstElement">A linear index, in <c>[batch, heads, rows, width]</c> order.</param>
    /// <param name="destination">Takes as many elements as it is long.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the tensor.</exception>
    public static void Fill(ulong seed, string tensorName, TensorShape shape, long firstElement, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            destination.Length, shape.ElementCount - firstElement, nameof(destination));

        ulong state = Key(seed, tensorName, shape) + ((ulong)firstElement + 1) * Gamma;
        Vector256<ulong> states = Vector256.Create(state) + Vector256<ulong>.Indices * Gamma;
        Span<float> lanes = stackalloc float[Vector256<float>.Count];
        while (!destination.IsEmpty)
        {
            // The last few elements are made like all others: there is no second way that could round differently.
            Span<float> target = destination.Length < lanes.Length ? lanes : destination;
            Vector256<double> lower = Centred(states);
            Vector256<double> upper = Centred(states + Vector256.Create(HalfTurn));
            Vector256.Narrow(NormalQuantile.Central(lower), NormalQuantile.Central(upper)).CopyTo(target);
            FillTails(lower, target);
            FillTails(upper, target[Vector256<double>.Count..]);
            states += Vector256.Create(Turn);

            int count = Math.Min(lanes.Length, destination.Length);
            if (count < lanes.Length)
                lanes[..count].CopyTo(destination);
            destination = destination[count..];
        }
    }

    private static void FillTails(Vector256<double> q, Span<float> target)
    {
        uint tails = Vector256.GreaterThan(Vector256.Abs(q), Vector256.Create(NormalQuantile.CentralMax)).ExtractMostSignificantBits();
        for (; tails != 0; tails &= tails - 1)
        {
            int lane = BitOperations.TrailingZeroCount(tails);
            target[lane] = (float)NormalQuantile.Tail(q[lane]);
        }
    }

    /// <summary>SplitMix64's outputs as uniform numbers <c>u - 1/2</c>.</summary>
    private static Vector256<double> Centred(Vector256<ulong> states)
    {
        Vector256<ulong> z = (states ^ (states >> 30)) * Vector256.Create(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)) * Vector256.Create(0x94D049BB133111EB);
        z ^= z >> 31;
        return (z >> 12 | Vector256.Create(BitsOfOne)).AsDouble() - Vector256.Create(ToCentre) + Vector256.Create(HalfStep);
    }

    private static ulong Key(ulong seed, string tensorName, TensorShape shape)
    {
        ulong key = Mix(seed);
        foreach (byte letter in Encoding.UTF8.GetBytes(tensorName))
            key = Mix(key ^ letter);
        foreach (int axis in (ReadOnlySpan<int>)[shape.Batch, shape.Heads, shape.Rows, shape.Width])
            key = Mix(key ^ (ulong)axis);
        return key;
    }

    private static ulong Mix(ulong value)
    {
        value += Gamma;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
