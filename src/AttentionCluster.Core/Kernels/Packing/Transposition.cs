using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AttentionCluster.Core.Kernels.Packing;

/// <summary>Rows to columns, for packing K.</summary>
internal static unsafe class Transposition
{
    private const int Block = 8;

    /// <summary>Writes element <c>[row, column]</c> of the source to <c>[column, row]</c> of the destination.</summary>
    /// <param name="source">Rows of <paramref name="columns"/> elements, contiguous.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="columns">Columns of the source.</param>
    /// <param name="destination">The first column.</param>
    /// <param name="stride">Elements from one column of the destination to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Into<T>(T* source, int rows, int columns, T* destination, int stride)
        where T : unmanaged
    {
        int blockRows = Avx.IsSupported && sizeof(T) == sizeof(float) ? rows & -Block : 0;
        int blockColumns = columns & -Block;
        for (int row = 0; row < blockRows; row += Block)
        {
            T* from = source + ((nint)row * columns);
            for (int column = 0; column < blockColumns; column += Block)
                Into8X8((float*)(from + column), columns, (float*)(destination + ((nint)column * stride) + row), stride);
            OneByOne(from, Block, columns, blockColumns, destination + row, stride);
        }

        OneByOne(source + ((nint)blockRows * columns), rows - blockRows, columns, 0, destination + blockRows, stride);
    }

    private static void OneByOne<T>(T* source, int rows, int columns, int firstColumn, T* destination, int stride)
        where T : unmanaged
    {
        for (int column = firstColumn; column < columns; column++)
        {
            T* to = destination + ((nint)column * stride);
            for (int row = 0; row < rows; row++)
                to[row] = source[((nint)row * columns) + column];
        }
    }

    /// <summary>Three rounds of interleaving: single floats, pairs, halves of a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Into8X8(float* source, nint sourceStride, float* destination, nint stride)
    {
        float* lower = source + (4 * sourceStride);
        Vector256<float> r0 = Avx.LoadVector256(source), r1 = Avx.LoadVector256(source + sourceStride);
        Vector256<float> r2 = Avx.LoadVector256(source + (2 * sourceStride)), r3 = Avx.LoadVector256(source + (3 * sourceStride));
        Vector256<float> r4 = Avx.LoadVector256(lower), r5 = Avx.LoadVector256(lower + sourceStride);
        Vector256<float> r6 = Avx.LoadVector256(lower + (2 * sourceStride)), r7 = Avx.LoadVector256(lower + (3 * sourceStride));

        (Vector256<double> a0, Vector256<double> a1) = (Avx.UnpackLow(r0, r1).AsDouble(), Avx.UnpackHigh(r0, r1).AsDouble());
        (Vector256<double> a2, Vector256<double> a3) = (Avx.UnpackLow(r2, r3).AsDouble(), Avx.UnpackHigh(r2, r3).AsDouble());
        (Vector256<double> a4, Vector256<double> a5) = (Avx.UnpackLow(r4, r5).AsDouble(), Avx.UnpackHigh(r4, r5).AsDouble());
        (Vector256<double> a6, Vector256<double> a7) = (Avx.UnpackLow(r6, r7).AsDouble(), Avx.UnpackHigh(r6, r7).AsDouble());

        Store(Avx.UnpackLow(a0, a2), Avx.UnpackLow(a4, a6), destination, stride);
        Store(Avx.UnpackHigh(a0, a2), Avx.UnpackHigh(a4, a6), destination + stride, stride);
        Store(Avx.UnpackLow(a1, a3), Avx.UnpackLow(a5, a7), destination + (2 * stride), stride);
        Store(Avx.UnpackHigh(a1, a3), Avx.UnpackHigh(a5, a7), destination + (3 * stride), stride);
    }

    /// <summary>Two columns, four apart.</summary>
    private static void Store(Vector256<double> upperRows, Vector256<double> lowerRows, float* destination, nint stride)
    {
        Avx.Store(destination, Avx.Permute2x128(upperRows, lowerRows, 0x20).AsSingle());
        Avx.Store(destination + (4 * stride), Avx.Permute2x128(upperRows, lowerRows, 0x31).AsSingle());
    }
}
