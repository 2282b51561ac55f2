using System.Runtime.CompilerServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Forward;

/// <summary>What becomes of a row's products of queries and keys when they are more than scaled.</summary>
internal static unsafe class ScoreRow<TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    private const int Lanes = TileGeometry.FoldLanes;

    /// <summary>0 to 15, for vectors of every width.</summary>
    private static readonly NativeBuffer s_lanes = MakeLanes();

    /// <summary>Scores in place of products: scaled, capped, with what is added to each.</summary>
    /// <param name="scores">64-byte aligned.</param>
    /// <param name="count">A multiple of 16.</param>
    /// <param name="scale">Factor of the products.</param>
    /// <param name="softcap">0 for none.</param>
    /// <param name="added">Aligned to 16 elements; null for none.</param>
    /// <param name="type">Theirs.</param>
    /// <param name="slope">Subtracted for each key of distance; 0 for none.</param>
    /// <param name="distance">From the first key to the row's position.</param>
    /// <param name="elementShift">Taken off what is added; 0 for nothing.</param>
    /// <param name="distanceShift">Taken off distances; 0 for nothing.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Change(
        float* scores, nint count, float scale, float softcap, byte* added, ElementType type, float slope, float distance,
            float elementShift,
        float distanceShift)
    {
        TVector elementShifts = TSimd.Broadcast(elementShift), distanceShifts = TSimd.Broadcast(distanceShift);
        TVector scales = TSimd.Broadcast(scale), caps = TSimd.Broadcast(softcap), slopes = TSimd.Broadcast(slope), zero =
            TSimd.Broadcast(0f);
        float* lanes = s_lanes.Floats;
        for (nint i = 0; i < count; i += Lanes)
        {
            // Exact below 2^24, and rounded once beyond.
            TVector first = TSimd.Broadcast(distance - i);
            for (nint lane = 0; lane < Lanes; lane += TSimd.Lanes)
            {
                TVector score = TSimd.Multiply(TSimd.Load(scores + i + lane), scales);
                if (softcap != 0)
                    score = TSimd.Multiply(caps, Exponential<TVector, TSimd>.Tanh(TSimd.Divide(score, caps)));
                if (added != null)
                {
                    TVector elements = Load(added, type, i + lane);
                    if (elementShift != 0)
                        elements = TSimd.Subtract(elements, elementShifts);
                    score = TSimd.Add(score, elements);
                }

                if (slope != 0)
                {
                    TVector away = TSimd.Subtract(first, TSimd.Load(lanes + lane));
                    away = TSimd.Max(away, TSimd.Subtract(zero, away));
                    if (distanceShift != 0)
                        away = TSimd.Subtract(away, distanceShifts);
                    score = TSimd.Subtract(score, TSimd.Multiply(slopes, away));
                }

                TSimd.Store(score, scores + i + lane);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Load(byte* elements, ElementType type, nint at) => type switch
    {
        ElementType.Float16 => TSimd.LoadFloat16((ushort*)elements + at),
        ElementType.BFloat16 => TSimd.LoadBFloat16((ushort*)elements + at),
        _ => TSimd.Load((float*)elements + at),
    };

    private static NativeBuffer MakeLanes()
    {
        var lanes = new NativeBuffer(Lanes * sizeof(float));
        for (int lane = 0; lane < Lanes; lane++)
            lanes.Floats[lane] = lane;
        return lanes;
    }
}
