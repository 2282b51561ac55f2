namespace AttentionCluster.Core.Planning;

/// <summary>Sums of rounded quotients of an arithmetic progression in logarithmic time, by the steps of Euclid's algorithm.</summary>
/// <remarks>
/// Points below the line <c>y = (step x + first) / divisor</c> are counted; whole parts of its slope and of its height are taken off, and
/// what is left is the same question with the axes exchanged, for a smaller divisor.
/// </remarks>
internal static class FloorSum
{
    /// <summary>The sum of <c>floor((first + step x) / divisor)</c> over <c>x</c> from 0 to <paramref name="count"/> - 1.</summary>
    /// <param name="count">Terms; from 0 to 2^31.</param>
    /// <param name="first">At least 0, and below 2^33.</param>
    /// <param name="step">From 0 to 2^31.</param>
    /// <param name="divisor">From 1 to 2^31.</param>
    internal static long Of(long count, long first, long step, long divisor)
    {
        long sum = 0;
        while (count > 0)
        {
            sum += (count * (count - 1) / 2 * (step / divisor)) + (count * (first / divisor));
            (step, first) = (step % divisor, first % divisor);
            long last = (step * count) + first;
            (count, first, step, divisor) = (last / divisor, last % divisor, divisor, step);
        }

        return sum;
    }
}
