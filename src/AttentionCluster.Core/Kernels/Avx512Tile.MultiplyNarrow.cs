using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AttentionCluster.Core.Kernels;

/// <content>The microkernels of narrow column blocks, with taller row groups: accumulators are named locals, because the JIT keeps nothing else in registers.</content>
internal unsafe partial struct Avx512Tile
{
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Multiply12x32(
        float* a, nint aStride, float* b, nint depth, float* c, nint cStride, float* start)
    {
        Vector512<float> c00 = default, c01 = default;
        Vector512<float> c10 = default, c11 = default;
        Vector512<float> c20 = default, c21 = default;
        Vector512<float> c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default;
        Vector512<float> c50 = default, c51 = default;
        Vector512<float> c60 = default, c61 = default;
        Vector512<float> c70 = default, c71 = default;
        Vector512<float> c80 = default, c81 = default;
        Vector512<float> c90 = default, c91 = default;
        Vector512<float> ca0 = default, ca1 = default;
        Vector512<float> cb0 = default, cb1 = default;
        if (start != null)
        {
            c00 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c));
            c01 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c + 16));
            c10 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride));
            c11 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride + 16));
            c20 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride)));
            c21 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride) + 16));
            c30 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride)));
            c31 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride) + 16));
            c40 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride)));
            c41 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride) + 16));
            c50 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride)));
            c51 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride) + 16));
            c60 = Avx512F.Multiply(Vector512.Create(start[6]), Vector512.LoadAligned(c + (6 * cStride)));
            c61 = Avx512F.Multiply(Vector512.Create(start[6]), Vector512.LoadAligned(c + (6 * cStride) + 16));
            c70 = Avx512F.Multiply(Vector512.Create(start[7]), Vector512.LoadAligned(c + (7 * cStride)));
            c71 = Avx512F.Multiply(Vector512.Create(start[7]), Vector512.LoadAligned(c + (7 * cStride) + 16));
            c80 = Avx512F.Multiply(Vector512.Create(start[8]), Vector512.LoadAligned(c + (8 * cStride)));
            c81 = Avx512F.Multiply(Vector512.Create(start[8]), Vector512.LoadAligned(c + (8 * cStride) + 16));
            c90 = Avx512F.Multiply(Vector512.Create(start[9]), Vector512.LoadAligned(c + (9 * cStride)));
            c91 = Avx512F.Multiply(Vector512.Create(start[9]), Vector512.LoadAligned(c + (9 * cStride) + 16));
            ca0 = Avx512F.Multiply(Vector512.Create(start[10]), Vector512.LoadAligned(c + (10 * cStride)));
            ca1 = Avx512F.Multiply(Vector512.Create(start[10]), Vector512.LoadAligned(c + (10 * cStride) + 16));
            cb0 = Avx512F.Multiply(Vector512.Create(start[11]), Vector512.LoadAligned(c + (11 * cStride)));
            cb1 = Avx512F.Multiply(Vector512.Create(start[11]), Vector512.LoadAligned(c + (11 * cStride) + 16));
        }

        nint a2 = 2 * aStride;
        float* a3 = a + (3 * aStride);
        float* a6 = a + (6 * aStride);
        float* a9 = a + (9 * aStride);
        for (nint t = depth; t > 0; t--)
        {
            Vector512<float> b0 = Vector512.LoadAligned(b);
            Vector512<float> b1 = Vector512.LoadAligned(b + 16);
            Vector512<float> x = Vector512.Create(*a);
            c00 = Avx512F.FusedMultiplyAdd(x, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(*(a + aStride));
            c10 = Avx512F.FusedMultiplyAdd(x, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(*(a + a2));
            c20 = Avx512F.FusedMultiplyAdd(x, b0, c20);
            c21 = Avx512F.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(*a3);
            c30 = Avx512F.FusedMultiplyAdd(x, b0, c30);
            c31 = Avx512F.FusedMultiplyAdd(x, b1, c31);
            x = Vector512.Create(*(a3 + aStride));
            c40 = Avx512F.FusedMultiplyAdd(x, b0, c40);
            c41 = Avx512F.FusedMultiplyAdd(x, b1, c41);
            x = Vector512.Create(*(a3 + a2));
            c50 = Avx512F.FusedMultiplyAdd(x, b0, c50);
            c51 = Avx512F.FusedMultiplyAdd(x, b1, c51);
            x = Vector512.Create(*a6);
            c60 = Avx512F.FusedMultiplyAdd(x, b0, c60);
            c61 = Avx512F.FusedMultiplyAdd(x, b1, c61);
            x = Vector512.Create(*(a6 + aStride));
            c70 = Avx512F.FusedMultiplyAdd(x, b0, c70);
            c71 = Avx512F.FusedMultiplyAdd(x, b1, c71);
            x = Vector512.Create(*(a6 + a2));
            c80 = Avx512F.FusedMultiplyAdd(x, b0, c80);
            c81 = Avx512F.FusedMultiplyAdd(x, b1, c81);
            x = Vector512.Create(*a9);
            c90 = Avx512F.FusedMultiplyAdd(x, b0, c90);
            c91 = Avx512F.FusedMultiplyAdd(x, b1, c91);
            x = Vector512.Create(*(a9 + aStride));
            ca0 = Avx512F.FusedMultiplyAdd(x, b0, ca0);
            ca1 = Avx512F.FusedMultiplyAdd(x, b1, ca1);
            x = Vector512.Create(*(a9 + a2));
            cb0 = Avx512F.FusedMultiplyAdd(x, b0, cb0);
            cb1 = Avx512F.FusedMultiplyAdd(x, b1, cb1);
            a++;
            a3++;
            a6++;
            a9++;
            b += 32;
        }

        c00.StoreAligned(c);
        c01.StoreAligned(c + 16);
        c10.StoreAligned(c + cStride);
        c11.StoreAligned(c + cStride + 16);
        c20.StoreAligned(c + (2 * cStride));
        c21.StoreAligned(c + (2 * cStride) + 16);
        c30.StoreAligned(c + (3 * cStride));
        c31.StoreAligned(c + (3 * cStride) + 16);
        c40.StoreAligned(c + (4 * cStride));
        c41.StoreAligned(c + (4 * cStride) + 16);
        c50.StoreAligned(c + (5 * cStride));
        c51.StoreAligned(c + (5 * cStride) + 16);
        c60.StoreAligned(c + (6 * cStride));
        c61.StoreAligned(c + (6 * cStride) + 16);
        c70.StoreAligned(c + (7 * cStride));
        c71.StoreAligned(c + (7 * cStride) + 16);
        c80.StoreAligned(c + (8 * cStride));
        c81.StoreAligned(c + (8 * cStride) + 16);
        c90.StoreAligned(c + (9 * cStride));
        c91.StoreAligned(c + (9 * cStride) + 16);
        ca0.StoreAligned(c + (10 * cStride));
        ca1.StoreAligned(c + (10 * cStride) + 16);
        cb0.StoreAligned(c + (11 * cStride));
        cb1.StoreAligned(c + (11 * cStride) + 16);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Multiply12x16(
        float* a, nint aStride, float* b, nint depth, float* c, nint cStride, float* start)
    {
        Vector512<float> c00 = default;
        Vector512<float> c10 = default;
        Vector512<float> c20 = default;
        Vector512<float> c30 = default;
        Vector512<float> c40 = default;
        Vector512<float> c50 = default;
        Vector512<float> c60 = default;
        Vector512<float> c70 = default;
        Vector512<float> c80 = default;
        Vector512<float> c90 = default;
        Vector512<float> ca0 = default;
        Vector512<float> cb0 = default;
        if (start != null)
        {
            c00 = Avx512F.Multiply(Vector512.Create(start[0]), Vector512.LoadAligned(c));
            c10 = Avx512F.Multiply(Vector512.Create(start[1]), Vector512.LoadAligned(c + cStride));
            c20 = Avx512F.Multiply(Vector512.Create(start[2]), Vector512.LoadAligned(c + (2 * cStride)));
            c30 = Avx512F.Multiply(Vector512.Create(start[3]), Vector512.LoadAligned(c + (3 * cStride)));
            c40 = Avx512F.Multiply(Vector512.Create(start[4]), Vector512.LoadAligned(c + (4 * cStride)));
            c50 = Avx512F.Multiply(Vector512.Create(start[5]), Vector512.LoadAligned(c + (5 * cStride)));
            c60 = Avx512F.Multiply(Vector512.Create(start[6]), Vector512.LoadAligned(c + (6 * cStride)));
            c70 = Avx512F.Multiply(Vector512.Create(start[7]), Vector512.LoadAligned(c + (7 * cStride)));
            c80 = Avx512F.Multiply(Vector512.Create(start[8]), Vector512.LoadAligned(c + (8 * cStride)));
            c90 = Avx512F.Multiply(Vector512.Create(start[9]), Vector512.LoadAligned(c + (9 * cStride)));
            ca0 = Avx512F.Multiply(Vector512.Create(start[10]), Vector512.LoadAligned(c + (10 * cStride)));
            cb0 = Avx512F.Multiply(Vector512.Create(start[11]), Vector512.LoadAligned(c + (11 * cStride)));
        }

        nint a2 = 2 * aStride;
        float* a3 = a + (3 * aStride);
        float* a6 = a + (6 * aStride);
        float* a9 = a + (9 * aStride);
        for (nint t = depth; t > 0; t--)
        {
            Vector512<float> b0 = Vector512.LoadAligned(b);
            Vector512<float> x = Vector512.Create(*a);
            c00 = Avx512F.FusedMultiplyAdd(x, b0, c00);
            x = Vector512.Create(*(a + aStride));
            c10 = Avx512F.FusedMultiplyAdd(x, b0, c10);
            x = Vector512.Create(*(a + a2));
            c20 = Avx512F.FusedMultiplyAdd(x, b0, c20);
            x = Vector512.Create(*a3);
            c30 = Avx512F.FusedMultiplyAdd(x, b0, c30);
            x = Vector512.Create(*(a3 + aStride));
            c40 = Avx512F.FusedMultiplyAdd(x, b0, c40);
            x = Vector512.Create(*(a3 + a2));
            c50 = Avx512F.FusedMultiplyAdd(x, b0, c50);
            x = Vector512.Create(*a6);
            c60 = Avx512F.FusedMultiplyAdd(x, b0, c60);
            x = Vector512.Create(*(a6 + aStride));
            c70 = Avx512F.FusedMultiplyAdd(x, b0, c70);
            x = Vector512.Create(*(a6 + a2));
            c80 = Avx512F.FusedMultiplyAdd(x, b0, c80);
            x = Vector512.Create(*a9);
            c90 = Avx512F.FusedMultiplyAdd(x, b0, c90);
            x = Vector512.Create(*(a9 + aStride));
            ca0 = Avx512F.FusedMultiplyAdd(x, b0, ca0);
            x = Vector512.Create(*(a9 + a2));
            cb0 = Avx512F.FusedMultiplyAdd(x, b0, cb0);
            a++;
            a3++;
            a6++;
            a9++;
            b += 16;
        }

        c00.StoreAligned(c);
        c10.StoreAligned(c + cStride);
        c20.StoreAligned(c + (2 * cStride));
        c30.StoreAligned(c + (3 * cStride));
        c40.StoreAligned(c + (4 * cStride));
        c50.StoreAligned(c + (5 * cStride));
        c60.StoreAligned(c + (6 * cStride));
        c70.StoreAligned(c + (7 * cStride));
        c80.StoreAligned(c + (8 * cStride));
        c90.StoreAligned(c + (9 * cStride));
        ca0.StoreAligned(c + (10 * cStride));
        cb0.StoreAligned(c + (11 * cStride));
    }
}
