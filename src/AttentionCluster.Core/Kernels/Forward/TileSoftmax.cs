using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Simd;

namespace AttentionCluster.Core.Kernels.Forward;

/// <summary>
/// The softmax of a tile of rows against a tile of keys: scores become weights, and what rows carry on is brought up to date.
/// </summary>
internal static unsafe class TileSoftmax<TVector, TSimd>
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    private const int Lanes = TileGeometry.FoldLanes;

    /// <summary>
    /// First the maxima of some rows, then their weights: a row's weights wait for its maximum, and its neighbours' fill that time.
    /// </summary>
    /// <param name="power">See
    /// <see cref="SoftmaxRow{TVector,TSimd}.ExpAndSum(float*, nint, float, float, float*, float*, float*)"/>.</param>
    /// <param name="workspace">Whose scores.</param>
    /// <param name="tile">The rows.</param>
    /// <param name="firstKey">Of the tile of keys.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Compute(float power, Workspace workspace, in QueryTile tile, int firstKey)
    {
        KeyRange all = tile.SeenInTile(0, tile.Rows, firstKey);
        Span<KeyRange> seen = stackalloc KeyRange[SoftmaxRows<TVector, TSimd>.Count];
        for (int first = 0; first < tile.Rows; first += SoftmaxRows<TVector, TSimd>.Count)
        {
            int rows = Math.Min(SoftmaxRows<TVector, TSimd>.Count, tile.Rows - first);
            for (int i = 0; i < rows; i++)
            {
                seen[i] = tile.SeenInTile(first + i, first + i + 1, firstKey);
                HideEnds(workspace, first + i, seen[i]);
            }

            if (SoftmaxRows<TVector, TSimd>.IsSupported && rows == SoftmaxRows<TVector, TSimd>.Count && SeeAlike(seen, out KeyRange whole)
                && WeighTogether(power, workspace, first, whole))
            {
                for (int i = 0; i < rows; i++)
                    ZeroOutside(workspace, first + i, whole, all);
                continue;
            }

            for (int i = 0; i < rows; i++)
                FindLargest(workspace, first + i, seen[i]);
            for (int i = 0; i < rows; i++)
                ExpAndSum(power, workspace, first + i, seen[i], all);
        }
    }

    /// <summary>The whole vectors that hold some keys; an empty range at 0 where there are none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static KeyRange WholeVectors(KeyRange keys) => keys.IsEmpty ? default
        : new(keys.Start & -Lanes, (keys.End + Lanes - 1) & -Lanes);

    /// <summary>Makes -infinity of the scores that a row does not see in its first and last vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void HideEnds(Workspace workspace, int row, KeyRange seen)
    {
        if (seen.IsEmpty)
            return;
        float* scores = ScoresOf(workspace, row);
        KeyRange whole = WholeVectors(seen);
        for (int key = whole.Start; key < seen.Start; key++)
            scores[key] = float.NegativeInfinity;
        for (int key = seen.End; key < whole.End; key++)
            scores[key] = float.NegativeInfinity;
    }

    /// <summary>Whether rows see keys of the same vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool SeeAlike(ReadOnlySpan<KeyRange> seen, out KeyRange whole)
    {
        whole = WholeVectors(seen[0]);
        if (whole.IsEmpty)
            return false;
        foreach (KeyRange other in seen)
        {
            if (WholeVectors(other) != whole)
                return false;
        }

        return true;
    }

    /// <summary>Rows side by side, unless one of them has seen no key yet, or perhaps a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool WeighTogether(float power, Workspace workspace, int first, KeyRange whole)
    {
        float* scores = ScoresOf(workspace, first) + whole.Start, largest = workspace.NewMax + first;
        SoftmaxRows<TVector, TSimd>.Max(scores, whole.Count, workspace.Max + first, largest);
        if (!Vector128.GreaterThanAll(Vector128.Load(largest), Vector128.Create(float.NegativeInfinity)))
            return false;
        SoftmaxRows<TVector, TSimd>.ExpAndSum(scores, whole.Count, power, largest, workspace.Max + first, workspace.Sum + first,
            workspace.Rescale + first);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FindLargest(Workspace workspace, int row, KeyRange seen)
    {
        if (seen.IsEmpty)
            return;
        KeyRange whole = WholeVectors(seen);
        workspace.NewMax[row] = SoftmaxRow<TVector, TSimd>.Max(ScoresOf(workspace, row) + whole.Start, whole.Count, workspace.Max[row]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ExpAndSum(float power, Workspace workspace, int row, KeyRange seen, KeyRange all)
    {
        KeyRange whole = WholeVectors(seen);
        ZeroOutside(workspace, row, whole, all);
        if (seen.IsEmpty)
        {
            workspace.Rescale[row] = 1f;
            return;
        }

        SoftmaxRow<TVector, TSimd>.ExpAndSum(
            ScoresOf(workspace, row) + whole.Start, whole.Count, power, workspace.NewMax[row], workspace.Max + row, workspace.Sum + row,
                workspace.Rescale + row);
    }

    /// <summary>A neighbour in the row group may see further keys: for this row they weigh nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ZeroOutside(Workspace workspace, int row, KeyRange whole, KeyRange all)
    {
        Zero(ScoresOf(workspace, row), all.Start, whole.Start);
        Zero(ScoresOf(workspace, row), whole.End, all.End);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Zero(float* scores, int start, int end)
    {
        if (end > start)
            new Span<float>(scores + start, end - start).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* ScoresOf(Workspace workspace, int row) => workspace.Scores + ((nint)row * TileGeometry.Keys);
}
