using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Gemm;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Kernels.Reference;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Forward;

/// <summary>
/// The one description of the fast algorithm (FlashAttention-2, arXiv 2307.08691, for a CPU's cache levels): for each tile of
/// query rows, walk the segment's keys in tiles; scores by panels of K, softmax row by row, then the weighted values by
/// column blocks of V. See the README beside this file for the budget of registers and cache.
/// </summary>
/// <remarks>
/// What runs for every tile is compiled with all optimizations at its first call. Else a process would run the first seconds of its life
/// through hastily compiled code around the microkernels: a seventh of the time of a short job.
/// </remarks>
/// <typeparam name="TVector">A vector of float32.</typeparam>
/// <typeparam name="TSimd">The instruction set; a struct, so that its methods are bound at compile time.</typeparam>
internal sealed unsafe partial class TiledKernel<TVector, TSimd> : IAttentionKernel
    where TVector : struct
    where TSimd : struct, ISimd<TVector>
{
    /// <summary>
    /// Products of a score that are summed one after the other; then the sums are added. It halves the worst error of rows that see few
    /// keys, where no average hides a score's own, for 1 to 2 % of the time.
    /// </summary>
    private const int ChainMax = 32;

    /// <summary>Weighted values of an output that are summed one after the other, for the same reason.</summary>
    private const int ValueChain = 256;

    /// <summary>Half of a level-1 cache of 32 KiB, which the other thread of a core may want half of.</summary>
    private const int PanelBytes = 16 << 10;

    private const int Lanes = TileGeometry.FoldLanes;

    /// <summary>
    /// Rows of a tile: a multiple of every row group, and few enough that their scores stay in the level-2 cache, which is half as large in
    /// many processors without vectors of 512 bits.
    /// </summary>
    private static int TileRows => TSimd.Lanes < 16 ? TileGeometry.Rows / 2 : TileGeometry.Rows;

    /// <inheritdoc/>
    public void Compute(in KernelTask task, Workspace workspace, Partial result, CancellationToken cancellationToken)
    {
        if (task.Bias.Adds && !result.HasShift)
            throw new ArgumentException("a partial of scores that something is added to must say what was taken off them", nameof(result));

        // Few rows a head, as in decoding: all heads of the group in one tile, so that K and V are read once for all.
        int heads = Math.Clamp(TileRows / task.Rows, 1, task.GroupSize);
        for (int head = 0; head < task.GroupSize; head += heads)
        {
            for (int row = 0; row < task.Rows; row += TileRows)
            {
                var tile = new QueryTile(task, head, Math.Min(heads, task.GroupSize - head), row, TileRows);
                StartRows(task, workspace, tile, result);
                KeyRange visible = tile.Visible(task);
                if (!visible.IsEmpty)
                    WalkKeys(task, workspace, tile, visible, cancellationToken);
                StoreRows(task, workspace, tile, result);
                StoreRowsOutOfRange(task, workspace, tile, result, cancellationToken);
            }
        }
    }

    /// <summary>Copies the queries of a tile, and makes its state the empty partial.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StartRows(in KernelTask task, Workspace workspace, in QueryTile tile, Partial result)
    {
        int width = task.Segment.KeyWidth;
        var queries = new Span<float>(workspace.Queries, tile.Rows * width);
        new ReadOnlySpan<float>(task.Queries + ((long)tile.FirstRow * width), tile.Rows * width).CopyTo(queries);

        // The largest product is the largest score only if the scale is positive: its sign, or zero, goes to the queries, unless scores are
        // made of products before the largest is sought.
        if (task.Scale <= 0 && !task.Bias.ChangesScores)
            TensorPrimitives.Multiply(queries, Math.Sign(task.Scale), queries);

        // Rows that only fill up the last row group: zeros, so that they cost no slow denormal or NaN arithmetic.
        int padded = IntegerMath.DivideUp(tile.Rows, Workspace.RowsMultiple) * Workspace.RowsMultiple;
        new Span<float>(workspace.Queries + ((long)tile.Rows * width), (padded - tile.Rows) * width).Clear();
        new Span<float>(workspace.Accumulator, padded * result.Stride).Clear();
        new Span<float>(workspace.Max, padded).Fill(float.NegativeInfinity);
        new Span<float>(workspace.Sum, padded).Clear();
        new Span<float>(workspace.Rescale, padded).Clear();
        if (task.Bias.Adds || result.HasShift)
            new RowShifts(workspace.Shifts).Clear();
    }

    /// <summary>What the differences of products are multiplied with.</summary>
    private static double PositiveScale(in KernelTask task) => task.Scale == 0 || task.Bias.ChangesScores ? 1 : Math.Abs(task.Scale);

    /// <summary>The same for powers of two, within what a float can hold.</summary>
    private static float Power(in KernelTask task) =>
        (float)Math.Clamp(PositiveScale(task) * PowerOfTwo.Log2EDouble, float.Epsilon, float.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WalkKeys(
        in KernelTask task, Workspace workspace, in QueryTile tile, KeyRange visible, CancellationToken cancellationToken)
    {
        QueryTile evaluated = task.IsBand ? tile : tile.WithVisibility(workspace.Visibility);
        for (int firstKey = visible.Start / TileGeometry.Keys * TileGeometry.Keys; firstKey < visible.End; firstKey += TileGeometry.Keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (evaluated.UsesVisibility && !evaluated.EvaluateVisibility(task, firstKey))
                continue;
            WalkTile(task, workspace, evaluated, firstKey);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WalkTile(in KernelTask task, Workspace workspace, in QueryTile tile, int firstKey)
    {
        Scores(task, workspace, tile, firstKey);
        if (tile.UsesVisibility || task.Bias.ChangesScores)
            ChangeScores(task, workspace, tile, firstKey);
        TileSoftmax<TVector, TSimd>.Compute(Power(task), workspace, tile, firstKey);
        AddValues(task, workspace, tile, firstKey);
    }

    /// <summary>Panels of K stay in the level-1 cache while the row groups that see one of their keys pass over them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scores(in KernelTask task, Workspace workspace, in QueryTile tile, int firstKey)
    {
        int width = task.Segment.KeyWidth, panelKeys = task.Segment.PanelKeys, keysAtOnce = KeysAtOnce(panelKeys, width);
        int chain = IntegerMath.DivideUp(width, IntegerMath.DivideUp(width, ChainMax));
        int group = Tile<TVector, TSimd>.RowGroup(panelKeys), groups = IntegerMath.DivideUp(tile.Rows, group);
        KeyRange visible = tile.SeenInTile(0, tile.Rows, firstKey);
        int walkStart = visible.Start & -keysAtOnce, passes = IntegerMath.DivideUp(visible.End - walkStart, keysAtOnce);
        int panelsAtOnce = keysAtOnce / panelKeys, steps = panelsAtOnce * width;

        // What comes next is the next panels. Tall tiles also have the time for the first column block of V, a part in each pass over the
        // rows: every other group asks for that.
        bool tall = groups >= PrefetchShare.ManyGroups;
        ColumnBlock firstBlock = task.Segment.ColumnBlocks[0];
        PackedMatrix values = task.Segment.ValuePanel(firstBlock, firstKey + visible.Start);
        int valuesInPass = IntegerMath.DivideUp(visible.Count * firstBlock.Columns, Lanes * passes) * Lanes;
        for (int key = walkStart; key < visible.End; key += keysAtOnce)
        {
            int endKey = key + keysAtOnce, firstPanel = (firstKey + key) / panelKeys;
            var keysAhead = new PrefetchShare(task.Segment.KeyPanel(firstPanel + panelsAtOnce), keysAtOnce * width, tall ? (groups + 1) / 2
                : groups, steps);
            PrefetchShare valuesAhead = tall ? new PrefetchShare(values, valuesInPass, groups / 2, steps) : default;
            values = values.Skip(valuesInPass);
            PackedMatrix keys = WidenForMany(task.Segment.KeyPanel(firstPanel), keysAtOnce * width, tile.Rows > group, workspace);
            for (int r = 0, asker = 0; r < tile.Rows; r += group, asker++)
            {
                int rows = Math.Min(group, tile.Rows - r);
                KeyRange seen = tile.SeenInTile(r, r + rows, firstKey);
                if (seen.Start < endKey && seen.End > key && (!tile.UsesVisibility || tile.Visibility.WordOf(r, r + rows, key / 64) != 0))
                {
                    int start = Math.Max(seen.Start & -panelKeys, key);
                    PackedMatrix panels = keys.Skip((start - key) * width);
                    Prefetch ahead = groups == 1 ? Prefetch.Along(panels, panelKeys)
                        : !tall ? keysAhead.Part(asker)
                        : asker % 2 == 0 ? keysAhead.Part(asker / 2) : valuesAhead.Part(asker / 2);
                    int end = Math.Min(seen.End, endKey), columns = Math.Min((end - start + Lanes - 1) & -Lanes, panelKeys);
                    Tile<TVector, TSimd>.Multiply(
                        rows, workspace.Queries + ((nint)r * width), width, panels, panelKeys, columns, width, chain,
                            IntegerMath.DivideUp(end - start, panelKeys),
                        workspace.Scores + ((nint)r * TileGeometry.Keys) + start, TileGeometry.Keys, Accumulate.Overwrite, null, ahead);
                }
            }
        }
    }

    /// <summary>
    /// Keys of as many panels as fit half of a level-1 cache: a row group passes over all of them before the next one does.
    /// </summary>
    private static int KeysAtOnce(int panelKeys, int width)
    {
        int keys = panelKeys;
        while (2 * keys <= PackedSegment.PanelKeysMax && sizeof(float) * 2 * keys * width <= PanelBytes)
            keys *= 2;
        return keys;
    }

    /// <summary>Makes products into scores where that takes more than a factor, and hides those that a row does not see.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ChangeScores(in KernelTask task, Workspace workspace, in QueryTile tile, int firstKey)
    {
        ScoreModifier bias = task.Bias;
        bool looksForConstants = bias.Slopes != null || bias.Large.Any;
        float scale = (float)Math.Clamp(task.Scale, float.MinValue, float.MaxValue);
        for (int r = 0; r < tile.Rows; r++)
        {
            KeyRange seen = tile.SeenInTile(r, r + 1, firstKey);
            if (seen.IsEmpty)
                continue;
            KeyRange whole = TileSoftmax<TVector, TSimd>.WholeVectors(seen);
            float* scores = workspace.Scores + ((nint)r * TileGeometry.Keys);
            if (bias.ChangesScores)
            {
                int head = (tile.FirstRow + r) / task.Rows, row = (tile.FirstRow + r) % task.Rows, key = firstKey + whole.Start;
                var shifts = new RowShifts(workspace.Shifts);
                if (looksForConstants && shifts.Update(task, tile, r, firstKey, seen) is var grown and not 0)
                    workspace.Max[r] -= (float)grown;
                ScoreRow<TVector, TSimd>.Change(
                    scores + whole.Start, whole.Count, scale, (float)bias.Softcap,
                    bias.Elements.IsAdded ? bias.Elements.Row(head, row) + (key * bias.Elements.Type.ByteSize()) : null, bias.Elements.Type,
                    bias.Slopes == null ? 0 : bias.Slopes[head], task.Distance(row, key), bias.Adds ? shifts.Element[r] : 0, bias.Adds
                        ? shifts.Distance[r] : 0);
            }

            if (tile.UsesVisibility && tile.Visibility.HasHoles(r))
                tile.Visibility.Hide(scores, r, whole);
        }
    }

    /// <summary>
    /// 16-bit elements are widened while they are loaded for a single row group, which is bound by memory; for several groups once, to
    /// scratch memory in the cache.
    /// </summary>
    private static PackedMatrix WidenForMany(PackedMatrix stored, int count, bool many, Workspace workspace)
    {
        if (!many || stored.Type == ElementType.Float32)
            return stored;
        Tile<TVector, TSimd>.Widen(stored, count, workspace.Widened);
        return new PackedMatrix((byte*)workspace.Widened, ElementType.Float32);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StoreRows(in KernelTask task, Workspace workspace, in QueryTile tile, Partial result)
    {
        double scale = PositiveScale(task);
        for (int r = 0; r < tile.Rows; r++)
            result.Max[tile.FirstRow + r] = (float)(workspace.Max[r] * scale);
        CopyFloats(workspace.Sum, result.Sum + tile.FirstRow, tile.Rows);
        for (int r = 0; result.HasShift && r < tile.Rows; r++)
        {
            result.Shift[tile.FirstRow + r] = new RowShifts(workspace.Shifts).Element[r];
            result.ShiftRest[tile.FirstRow + r] = new RowShifts(workspace.Shifts).Slope[r];
        }

        // Adding zero makes +0 of -0, which an underflowing product leaves unless a neighbour's key, of weight 0, follows: the sign would
        // tell how rows were grouped.
        int floats = tile.Rows * result.Stride;
        TensorPrimitives.Add(
            new ReadOnlySpan<float>(workspace.Accumulator, floats), 0f,
            new Span<float>(result.Accumulator + ((nint)tile.FirstRow * result.Stride), floats));
    }

    /// <summary>
    /// Rows whose products, or weighted sums, float32 can't hold on the way, though perhaps their scores and their output: known by the
    /// largest elements of query, keys and values. What is not finite itself stays what IEEE 754 makes of it.
    /// </summary>
    private static void StoreRowsOutOfRange(in KernelTask task, Workspace workspace, in QueryTile tile, Partial result,
        CancellationToken cancellationToken)
    {
        var range = new ProductRange(task);
        int width = task.Segment.KeyWidth;
        if (!range.MayBeLeft(new ReadOnlySpan<float>(workspace.Queries, tile.Rows * width)))
            return;
        Float64Row? rows = null;
        for (int r = 0; r < tile.Rows; r++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int at = tile.FirstRow + r;
            var accumulator = new ReadOnlySpan<float>(result.Accumulator + ((nint)at * result.Stride), task.Segment.ValueWidth);
            if (range.IsLeft(new ReadOnlySpan<float>(workspace.Queries + ((nint)r * width), width), accumulator))
                (rows ??= new Float64Row(task)).Compute(at / task.Rows, at % task.Rows, result);
        }
    }

    private static void CopyFloats(float* source, float* destination, int count) =>
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(destination, count));
}
