using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AttentionCluster.Core.Kernels;

/// <content>The microkernel: accumulators are named locals, because the JIT keeps nothing else in registers.</content>
internal unsafe partial struct Avx2Tile
{
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6x16(
        float* a, nint aStride, float* b, nint bStride, nint depth, float* c, nint cStride, float* start)
    {
        Vector256<float> c00 = default, c01 = default;
        Vector256<float> c10 = default, c11 = default;
        Vector256<float> c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default;
        Vector256<float> c40 = default, c41 = default;
        Vector256<float> c50 = default, c51 = default;
        if (start != null)
        {
            c00 = Avx.Multiply(Vector256.Create(start[0]), Vector256.LoadAligned(c));
            c01 = Avx.Multiply(Vector256.Create(start[0]), Vector256.LoadAligned(c + 8));
            c10 = Avx.Multiply(Vector256.Create(start[1]), Vector256.LoadAligned(c + cStride));
            c11 = Avx.Multiply(Vector256.Create(start[1]), Vector256.LoadAligned(c + cStride + 8));
            c20 = Avx.Multiply(Vector256.Create(start[2]), Vector256.LoadAligned(c + (2 * cStride)));
            c21 = Avx.Multiply(Vector256.Create(start[2]), Vector256.LoadAligned(c + (2 * cStride) + 8));
            c30 = Avx.Multiply(Vector256.Create(start[3]), Vector256.LoadAligned(c + (3 * cStride)));
            c31 = Avx.Multiply(Vector256.Create(start[3]), Vector256.LoadAligned(c + (3 * cStride) + 8));
            c40 = Avx.Multiply(Vector256.Create(start[4]), Vector256.LoadAligned(c + (4 * cStride)));
            c41 = Avx.Multiply(Vector256.Create(start[4]), Vector256.LoadAligned(c + (4 * cStride) + 8));
            c50 = Avx.Multiply(Vector256.Create(start[5]), Vector256.LoadAligned(c + (5 * cStride)));
            c51 = Avx.Multiply(Vector256.Create(start[5]), Vector256.LoadAligned(c + (5 * cStride) + 8));
        }

        nint a2 = 2 * aStride;
        float* a3 = a + (3 * aStride);
        for (nint t = depth; t > 0; t--)
        {
            Vector256<float> b0 = Vector256.LoadAligned(b);
            Vector256<float> b1 = Vector256.LoadAligned(b + 8);
            Vector256<float> x = Vector256.Create(*a);
            c00 = Fma.MultiplyAdd(x, b0, c00);
            c01 = Fma.MultiplyAdd(x, b1, c01);
            x = Vector256.Create(*(a + aStride));
            c10 = Fma.MultiplyAdd(x, b0, c10);
            c11 = Fma.MultiplyAdd(x, b1, c11);
            x = Vector256.Create(*(a + a2));
            c20 = Fma.MultiplyAdd(x, b0, c20);
            c21 = Fma.MultiplyAdd(x, b1, c21);
            x = Vector256.Create(*a3);
            c30 = Fma.MultiplyAdd(x, b0, c30);
            c31 = Fma.MultiplyAdd(x, b1, c31);
            x = Vector256.Create(*(a3 + aStride));
            c40 = Fma.MultiplyAdd(x, b0, c40);
            c41 = Fma.MultiplyAdd(x, b1, c41);
            x = Vector256.Create(*(a3 + a2));
            c50 = Fma.MultiplyAdd(x, b0, c50);
            c51 = Fma.MultiplyAdd(x, b1, c51);
            a++;
            a3++;
            b += bStride;
        }

        c00.StoreAligned(c);
        c01.StoreAligned(c + 8);
        c10.StoreAligned(c + cStride);
        c11.StoreAligned(c + cStride + 8);
        c20.StoreAligned(c + (2 * cStride));
        c21.StoreAligned(c + (2 * cStride) + 8);
        c30.StoreAligned(c + (3 * cStride));
        c31.StoreAligned(c + (3 * cStride) + 8);
        c40.StoreAligned(c + (4 * cStride));
        c41.StoreAligned(c + (4 * cStride) + 8);
        c50.StoreAligned(c + (5 * cStride));
        c51.StoreAligned(c + (5 * cStride) + 8);
    }
}
