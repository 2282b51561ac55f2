namespace AttentionCluster.Core.Kernels;

/// <summary>
/// What differs between instruction sets: the innermost tile. Everything else is <see cref="TiledKernel{TTile}"/>, once.
/// </summary>
/// <remarks>
/// Implementations are leaf methods without calls, arrays or spans: a call inside a loop makes the JIT spill every
/// accumulator. The order of every row's operations is part of the contract: products along <c>depth</c> in ascending order;
/// row sums in 16 lanes, folded 8, 4, 2, 1.
/// </remarks>
internal unsafe interface ITile
{
    /// <summary>Rows that one call of <see cref="Multiply"/> covers for a number of columns (16, 32, 48 or 64).</summary>
    static abstract int RowGroup(int columns);

    /// <summary>
    /// <c>c[r, x] = start[r] * c[r, x] + sum over t of a[r, t] * b[t, x]</c> for the rows of one group; without <paramref name="start"/>
    /// the sum alone, whatever <paramref name="c"/> held.
    /// </summary>
    /// <param name="a">Rows, <paramref name="aStride"/> floats apart.</param>
    /// <param name="aStride">Floats.</param>
    /// <param name="b"><c>[depth, columns]</c>, contiguous, 64-byte aligned.</param>
    /// <param name="columns">16, 32, 48 or 64.</param>
    /// <param name="depth">Steps of the sum.</param>
    /// <param name="c">Rows, <paramref name="cStride"/> floats apart, 64-byte aligned.</param>
    /// <param name="cStride">Floats.</param>
    /// <param name="start">A factor for each row, or null.</param>
    static abstract void Multiply(
        float* a, nint aStride, float* b, int columns, nint depth, float* c, nint cStride, float* start);

    /// <summary>
    /// Replaces a row's scores by their weights <c>e^(s - m)</c>, <c>m</c> being the maximum of the scores and of <paramref name="max"/>, and
    /// brings the running maximum and sum up to date.
    /// </summary>
    /// <param name="scores">64-byte aligned; -infinity where masked. NaN makes the whole row NaN.</param>
    /// <param name="count">A multiple of 16.</param>
    /// <param name="max">The row's running maximum.</param>
    /// <param name="sum">The row's running sum.</param>
    /// <param name="rescale">Out: what the row's accumulator must be multiplied with.</param>
    static abstract void Softmax(float* scores, nint count, float* max, float* sum, float* rescale);
}
