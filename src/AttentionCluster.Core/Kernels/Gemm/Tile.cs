using System.Runtime.CompilerServices;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Gemm;

/// <summary>
/// Chooses the microkernel for a number of rows and columns: with vectors of 16 lanes, of which there are 32 registers, up to 24
/// accumulators; with shorter ones 12 of 16.
/// </summary>
internal static unsafe class Tile<TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    /// <summary>Rows that one call of <see cref="Multiply"/> may cover.</summary>
    /// <param name="columns">16, 32, 48 or 64.</param>
    internal static int RowGroup(int columns) =>
        TSimd.Lanes < 16 ? 6 : columns switch { 64 => 6, 48 => 8, _ => 12 };

    /// <summary>
    /// <c>c[r, x] = what was there before + sum over t of a[r, t] * b[t, x]</c> for the rows of one group, where the columns of several
    /// matrices <c>b</c> are neighbours in <c>c</c>.
    /// </summary>
    /// <param name="rows">From 1 to the group's. Where there are more than 2, further rows of the group may be written too.</param>
    /// <param name="a">Rows, <paramref name="aStride"/> floats apart.</param>
    /// <param name="aStride">Floats.</param>
    /// <param name="b"><c>[depth, bColumns]</c>, contiguous, aligned to 16 elements.</param>
    /// <param name="bColumns">Columns that <paramref name="b"/> has: 16, 32, 48 or 64.</param>
    /// <param name="columns">How many of them are used, the first ones: 16, 32, 48 or 64; all where <paramref name="panels"/> is more than
    /// 1.</param>
    /// <param name="depth">Steps of the sum.</param>
    /// <param name="chain">Steps that are summed one after the other, at most: then the sums are added.</param>
    /// <param name="panels">How many matrices <paramref name="b"/> follow one another.</param>
    /// <param name="c">Rows, <paramref name="cStride"/> floats apart, 64-byte aligned.</param>
    /// <param name="cStride">Floats.</param>
    /// <param name="accumulate">What happens to what <paramref name="c"/> held.</param>
    /// <param name="factors">One for each row, with <see cref="Accumulate.ScaleAndAdd"/>.</param>
    /// <param name="ahead">What memory is asked for meanwhile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply(
        int rows, float* a, nint aStride, PackedMatrix b, int bColumns, int columns, nint depth, nint chain, nint panels, float* c,
            nint cStride, Accumulate accumulate,
        float* factors, in Prefetch ahead)
    {
        switch (b.Type)
        {
            case ElementType.Float16:
                Multiply<Float16Element>(rows, a, aStride, b.First, bColumns, columns, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
            case ElementType.BFloat16:
                Multiply<BFloat16Element>(rows, a, aStride, b.First, bColumns, columns, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
            default:
                Multiply<Float32Element>(rows, a, aStride, b.First, bColumns, columns, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
        }
    }

    /// <summary>Widens stored elements to float32.</summary>
    /// <param name="source">Aligned to 16 elements.</param>
    /// <param name="count">A multiple of 16.</param>
    /// <param name="destination">64-byte aligned.</param>
    internal static void Widen(PackedMatrix source, nint count, float* destination)
    {
        if (source.Type == ElementType.Float16)
            Widen<Float16Element>(source.First, count, destination);
        else
            Widen<BFloat16Element>(source.First, count, destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<TElement>(
        int rows, float* a, nint aStride, byte* b, int bColumns, int columns, nint depth, nint chain, nint panels, float* c, nint cStride,
            Accumulate accumulate, float* factors,
        in Prefetch ahead)
        where TElement : struct, IElement
    {
        nint bStride = bColumns * TElement.Bytes;
        if (TSimd.Lanes < 16)
        {
            for (int column = 0; column < columns; column += 2 * TSimd.Lanes)
            {
                Multiply<TElement, VectorRow2<TVector, TSimd>>(
                    rows, a, aStride, b + (column * TElement.Bytes), bStride, depth, chain, panels, c + column, cStride, accumulate,
                        factors, ahead);
            }

            return;
        }

        switch (columns)
        {
            case 64:
                Multiply<TElement, VectorRow4<TVector, TSimd>>(rows, a, aStride, b, bStride, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
            case 48:
                Multiply<TElement, VectorRow3<TVector, TSimd>>(rows, a, aStride, b, bStride, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
            case 32:
                Multiply<TElement, VectorRow2<TVector, TSimd>>(rows, a, aStride, b, bStride, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
            default:
                Multiply<TElement, VectorRow1<TVector, TSimd>>(rows, a, aStride, b, bStride, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TElement, TRow>(
        int rows, float* a, nint aStride, byte* b, nint bStride, nint depth, nint chain, nint panels, float* c, nint cStride,
            Accumulate accumulate, float* factors,
        in Prefetch ahead)
        where TElement : struct, IElement
        where TRow : struct, IVectorRow<TRow, TVector, TSimd>
    {
        switch (rows)
        {
            case 1:
                Microkernel<TVector, TSimd, TElement, TRow>.Rows1(a, b, bStride, depth, chain, panels, c, accumulate, factors, ahead);
                break;
            case 2:
                Microkernel<TVector, TSimd, TElement, TRow>.Rows2(a, aStride, b, bStride, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
            case 3 or 4:
                Microkernel<TVector, TSimd, TElement, TRow>.Rows4(a, aStride, b, bStride, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
            case 5 or 6:
                Microkernel<TVector, TSimd, TElement, TRow>.Rows6(a, aStride, b, bStride, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
            case 7 or 8:
                Microkernel<TVector, TSimd, TElement, TRow>.Rows8(a, aStride, b, bStride, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
            default:
                Microkernel<TVector, TSimd, TElement, TRow>.Rows12(a, aStride, b, bStride, depth, chain, panels, c, cStride, accumulate,
                    factors, ahead);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Widen<TElement>(byte* source, nint count, float* destination)
        where TElement : struct, IElement
    {
        for (nint i = 0; i < count; i += TSimd.Lanes)
            TSimd.Store(TElement.Load<TVector, TSimd>(source + (i * TElement.Bytes)), destination + i);
    }
}
