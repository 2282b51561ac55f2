using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AttentionCluster.Core.Kernels;

/// <content>The microkernels: accumulators are named locals, because the JIT keeps nothing else in registers.</content>
internal unsafe partial struct Avx512Tile
{
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6x64(
        float* a, nint aStride, float* b, nint depth, float* c, nint cStride, float* start)
    {
        Vector512<float> c00 = default, c01 = default, c02 = default, c03 = default;
        Vector512<float> c10 = default, c11 = default, c12 = default, c13 = default;
        Vector512<float> c20 = default, c21 = default, c22 = default, c23 = default;
        Vector512<float> c30 = default, c31 = default, c32 = default, c33 = default;
        Vector512<float> c40 = default, c41 = default, c42 = default, c43 = default;
        Vector512<float> c50 = default, c51 = default, c52 = default, c53 = default;
        if (start != null)
        {
            c00 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c));
            c01 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c + 16));
            c02 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c + 32));
            c03 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c + 48));
            c10 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride));
            c11 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride + 16));
            c12 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride + 32));
            c13 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride + 48));
            c20 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride)));
            c21 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride) + 16));
            c22 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride) + 32));
            c23 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride) + 48));
            c30 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride)));
            c31 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride) + 16));
            c32 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride) + 32));
            c33 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride) + 48));
            c40 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride)));
            c41 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride) + 16));
            c42 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride) + 32));
            c43 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride) + 48));
            c50 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride)));
            c51 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride) + 16));
            c52 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride) + 32));
            c53 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride) + 48));
        }

        nint a2 = 2 * aStride;
        float* a3 = a + (3 * aStride);
        for (nint t = depth; t > 0; t--)
        {
            Vector512<float> b0 = Vector512.LoadAligned(b);
            Vector512<float> b1 = Vector512.LoadAligned(b + 16);
            Vector512<float> b2 = Vector512.LoadAligned(b + 32);
            Vector512<float> b3 = Vector512.LoadAligned(b + 48);
            Vector512<float> x = Vector512.Create(*a);
            c00 = Avx512F.FusedMultiplyAdd(x, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x, b1, c01);
            c02 = Avx512F.FusedMultiplyAdd(x, b2, c02);
            c03 = Avx512F.FusedMultiplyAdd(x, b3, c03);
            x = Vector512.Create(*(a + aStride));
            c10 = Avx512F.FusedMultiplyAdd(x, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x, b1, c11);
            c12 = Avx512F.FusedMultiplyAdd(x, b2, c12);
            c13 = Avx512F.FusedMultiplyAdd(x, b3, c13);
            x = Vector512.Create(*(a + a2));
            c20 = Avx512F.FusedMultiplyAdd(x, b0, c20);
            c21 = Avx512F.FusedMultiplyAdd(x, b1, c21);
            c22 = Avx512F.FusedMultiplyAdd(x, b2, c22);
            c23 = Avx512F.FusedMultiplyAdd(x, b3, c23);
            x = Vector512.Create(*a3);
            c30 = Avx512F.FusedMultiplyAdd(x, b0, c30);
            c31 = Avx512F.FusedMultiplyAdd(x, b1, c31);
            c32 = Avx512F.FusedMultiplyAdd(x, b2, c32);
            c33 = Avx512F.FusedMultiplyAdd(x, b3, c33);
            x = Vector512.Create(*(a3 + aStride));
            c40 = Avx512F.FusedMultiplyAdd(x, b0, c40);
            c41 = Avx512F.FusedMultiplyAdd(x, b1, c41);
            c42 = Avx512F.FusedMultiplyAdd(x, b2, c42);
            c43 = Avx512F.FusedMultiplyAdd(x, b3, c43);
            x = Vector512.Create(*(a3 + a2));
            c50 = Avx512F.FusedMultiplyAdd(x, b0, c50);
            c51 = Avx512F.FusedMultiplyAdd(x, b1, c51);
            c52 = Avx512F.FusedMultiplyAdd(x, b2, c52);
            c53 = Avx512F.FusedMultiplyAdd(x, b3, c53);
            a++;
            a3++;
            b += 64;
        }

        c00.StoreAligned(c);
        c01.StoreAligned(c + 16);
        c02.StoreAligned(c + 32);
        c03.StoreAligned(c + 48);
        c10.StoreAligned(c + cStride);
        c11.StoreAligned(c + cStride + 16);
        c12.StoreAligned(c + cStride + 32);
        c13.StoreAligned(c + cStride + 48);
        c20.StoreAligned(c + (2 * cStride));
        c21.StoreAligned(c + (2 * cStride) + 16);
        c22.StoreAligned(c + (2 * cStride) + 32);
        c23.StoreAligned(c + (2 * cStride) + 48);
        c30.StoreAligned(c + (3 * cStride));
        c31.StoreAligned(c + (3 * cStride) + 16);
        c32.StoreAligned(c + (3 * cStride) + 32);
        c33.StoreAligned(c + (3 * cStride) + 48);
        c40.StoreAligned(c + (4 * cStride));
        c41.StoreAligned(c + (4 * cStride) + 16);
        c42.StoreAligned(c + (4 * cStride) + 32);
        c43.StoreAligned(c + (4 * cStride) + 48);
        c50.StoreAligned(c + (5 * cStride));
        c51.StoreAligned(c + (5 * cStride) + 16);
        c52.StoreAligned(c + (5 * cStride) + 32);
        c53.StoreAligned(c + (5 * cStride) + 48);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Multiply8x48(
        float* a, nint aStride, float* b, nint depth, float* c, nint cStride, float* start)
    {
        Vector512<float> c00 = default, c01 = default, c02 = default;
        Vector512<float> c10 = default, c11 = default, c12 = default;
        Vector512<float> c20 = default, c21 = default, c22 = default;
        Vector512<float> c30 = default, c31 = default, c32 = default;
        Vector512<float> c40 = default, c41 = default, c42 = default;
        Vector512<float> c50 = default, c51 = default, c52 = default;
        Vector512<float> c60 = default, c61 = default, c62 = default;
        Vector512<float> c70 = default, c71 = default, c72 = default;
        if (start != null)
        {
            c00 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c));
            c01 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c + 16));
            c02 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c + 32));
            c10 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride));
            c11 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride + 16));
            c12 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride + 32));
            c20 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride)));
            c21 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride) + 16));
            c22 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride) + 32));
            c30 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride)));
            c31 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride) + 16));
            c32 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride) + 32));
            c40 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride)));
            c41 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride) + 16));
            c42 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride) + 32));
            c50 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride)));
            c51 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride) + 16));
            c52 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride) + 32));
            c60 = Avx512F.Multiply(Vector512.Create(start[6]), Vector512.LoadAligned(c + (6 * cStride)));
            c61 = Avx512F.Multiply(Vector512.Create(start[6]), Vector512.LoadAligned(c + (6 * cStride) + 16));
            c62 = Avx512F.Multiply(Vector512.Create(start[6]), Vector512.LoadAligned(c + (6 * cStride) + 32));
            c70 = Avx512F.Multiply(Vector512.Create(start[7]), Vector512.LoadAligned(c + (7 * cStride)));
            c71 = Avx512F.Multiply(Vector512.Create(start[7]), Vector512.LoadAligned(c + (7 * cStride) + 16));
            c72 = Avx512F.Multiply(Vector512.Create(start[7]), Vector512.LoadAligned(c + (7 * cStride) + 32));
        }

        nint a2 = 2 * aStride;
        float* a3 = a + (3 * aStride);
        float* a6 = a + (6 * aStride);
        for (nint t = depth; t > 0; t--)
        {
            Vector512<float> b0 = Vector512.LoadAligned(b);
            Vector512<float> b1 = Vector512.LoadAligned(b + 16);
            Vector512<float> b2 = Vector512.LoadAligned(b + 32);
            Vector512<float> x = Vector512.Create(*a);
            c00 = Avx512F.FusedMultiplyAdd(x, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x, b1, c01);
            c02 = Avx512F.FusedMultiplyAdd(x, b2, c02);
            x = Vector512.Create(*(a + aStride));
            c10 = Avx512F.FusedMultiplyAdd(x, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x, b1, c11);
            c12 = Avx512F.FusedMultiplyAdd(x, b2, c12);
            x = Vector512.Create(*(a + a2));
            c20 = Avx512F.FusedMultiplyAdd(x, b0, c20);
            c21 = Avx512F.FusedMultiplyAdd(x, b1, c21);
            c22 = Avx512F.FusedMultiplyAdd(x, b2, c22);
            x = Vector512.Create(*a3);
            c30 = Avx512F.FusedMultiplyAdd(x, b0, c30);
            c31 = Avx512F.FusedMultiplyAdd(x, b1, c31);
            c32 = Avx512F.FusedMultiplyAdd(x, b2, c32);
            x = Vector512.Create(*(a3 + aStride));
            c40 = Avx512F.FusedMultiplyAdd(x, b0, c40);
            c41 = Avx512F.FusedMultiplyAdd(x, b1, c41);
            c42 = Avx512F.FusedMultiplyAdd(x, b2, c42);
            x = Vector512.Create(*(a3 + a2));
            c50 = Avx512F.FusedMultiplyAdd(x, b0, c50);
            c51 = Avx512F.FusedMultiplyAdd(x, b1, c51);
            c52 = Avx512F.FusedMultiplyAdd(x, b2, c52);
            x = Vector512.Create(*a6);
            c60 = Avx512F.FusedMultiplyAdd(x, b0, c60);
            c61 = Avx512F.FusedMultiplyAdd(x, b1, c61);
            c62 = Avx512F.FusedMultiplyAdd(x, b2, c62);
            x = Vector512.Create(*(a6 + aStride));
            c70 = Avx512F.FusedMultiplyAdd(x, b0, c70);
            c71 = Avx512F.FusedMultiplyAdd(x, b1, c71);
            c72 = Avx512F.FusedMultiplyAdd(x, b2, c72);
            a++;
            a3++;
            a6++;
            b += 48;
        }

        c00.StoreAligned(c);
        c01.StoreAligned(c + 16);
        c02.StoreAligned(c + 32);
        c10.StoreAligned(c + cStride);
        c11.StoreAligned(c + cStride + 16);
        c12.StoreAligned(c + cStride + 32);
        c20.StoreAligned(c + (2 * cStride));
        c21.StoreAligned(c + (2 * cStride) + 16);
        c22.StoreAligned(c + (2 * cStride) + 32);
        c30.StoreAligned(c + (3 * cStride));
        c31.StoreAligned(c + (3 * cStride) + 16);
        c32.StoreAligned(c + (3 * cStride) + 32);
        c40.StoreAligned(c + (4 * cStride));
        c41.StoreAligned(c + (4 * cStride) + 16);
        c42.StoreAligned(c + (4 * cStride) + 32);
        c50.StoreAligned(c + (5 * cStride));
        c51.StoreAligned(c + (5 * cStride) + 16);
        c52.StoreAligned(c + (5 * cStride) + 32);
        c60.StoreAligned(c + (6 * cStride));
        c61.StoreAligned(c + (6 * cStride) + 16);
        c62.StoreAligned(c + (6 * cStride) + 32);
        c70.StoreAligned(c + (7 * cStride));
        c71.StoreAligned(c + (7 * cStride) + 16);
        c72.StoreAligned(c + (7 * cStride) + 32);
    }
}
