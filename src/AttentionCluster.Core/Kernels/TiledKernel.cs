using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Core.Kernels;

/// <summary>
/// The one description of the fast algorithm (FlashAttention-2, arXiv 2307.08691, for a CPU's cache levels): for each tile of
/// query rows, walk the segment's keys in tiles; scores by panels of K, softmax row by row, then the weighted values by
/// column blocks of V. See the README beside this file for the budget of registers and cache.
/// </summary>
/// <typeparam name="TTile">The instruction set; a struct, so that its methods are bound at compile time.</typeparam>
internal sealed unsafe class TiledKernel<TTile> : IAttentionKernel
    where TTile : struct, ITile
{
    /// <summary>Keys of V that are worked through at a time: 32 KiB of 64 columns, which stay in the level-1 cache for all rows.</summary>
    private const int ValueRunKeys = 128;

    private const int Lanes = 16;

    /// <inheritdoc/>
    public void Compute(in KernelTask task, Workspace workspace, Partial result, CancellationToken cancellationToken)
    {
        new Span<float>(workspace.Ones, TileGeometry.Rows).Fill(1f);
        for (int head = 0; head < task.GroupSize; head++)
        {
            for (int row = 0; row < task.Rows; row += TileGeometry.Rows)
            {
                int rows = Math.Min(TileGeometry.Rows, task.Rows - row);
                StartRows(task, workspace, head, row, rows, result.Stride);
                KeyRange visible = task.VisibleToAny(row, row + rows);
                if (!visible.IsEmpty)
                    WalkKeys(task, workspace, row, rows, visible, cancellationToken);
                StoreRows(workspace, (head * task.Rows) + row, rows, result);
            }
        }
    }

    /// <summary>Scales the queries of a tile, and makes its state the empty partial.</summary>
    private static void StartRows(in KernelTask task, Workspace workspace, int head, int row, int rows, int stride)
    {
        int width = task.Segment.KeyWidth;
        float* queries = task.Queries + (((long)head * task.Rows) + row) * width;
        double scale = task.Scale;
        for (int i = 0; i < rows * width; i++)
            workspace.Queries[i] = (float)(queries[i] * scale);

        // Rows that only fill up the last row group: zeros, so that they cost no slow denormal or NaN arithmetic.
        int padded = AttentionPlan.DivideUp(rows, 2 * Workspace.RowGroupMax) * 2 * Workspace.RowGroupMax;
        new Span<float>(workspace.Queries + ((long)rows * width), (padded - rows) * width).Clear();
        new Span<float>(workspace.Accumulator, padded * stride).Clear();
        new Span<float>(workspace.Max, padded).Fill(float.NegativeInfinity);
        new Span<float>(workspace.Sum, padded).Clear();
        new Span<float>(workspace.Rescale, padded).Clear();
    }

    private static void WalkKeys(
        in KernelTask task, Workspace workspace, int row, int rows, KeyRange visible, CancellationToken cancellationToken)
    {
        for (int tile = visible.Start / TileGeometry.Keys; tile * TileGeometry.Keys < visible.End; tile++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Scores(task, workspace, row, rows, tile);
            Softmax(task, workspace, row, rows, tile);
            if (task.Segment.HasNonFiniteValues(tile))
            {
                AddValuesOneRowAtATime(task, workspace, row, rows, tile);
            }
            else
            {
                AddValues(task, workspace, row, rows, tile);
            }
        }
    }

    /// <summary>A panel of K stays in the level-1 cache while the row groups that see one of its keys pass over it.</summary>
    private static void Scores(in KernelTask task, Workspace workspace, int row, int rows, int tile)
    {
        int width = task.Segment.KeyWidth;
        int firstKey = tile * TileGeometry.Keys;
        int group = TTile.RowGroup(PackedSegment.PanelKeys);
        KeyRange visible = InTile(task, row, row + rows, tile);
        for (int panel = visible.Start / PackedSegment.PanelKeys; panel * PackedSegment.PanelKeys < visible.End; panel++)
        {
            int key = panel * PackedSegment.PanelKeys;
            float* keys = task.Segment.KeyPanel((firstKey / PackedSegment.PanelKeys) + panel);
            for (int r = 0; r < rows; r += group)
            {
                KeyRange seen = InTile(task, row + r, row + Math.Min(r + group, rows), tile);
                if (seen.Start < key + PackedSegment.PanelKeys && seen.End > key)
                {
                    TTile.Multiply(
                        workspace.Queries + ((nint)r * width), width, keys, PackedSegment.PanelKeys, width,
                        workspace.Scores + ((nint)r * TileGeometry.Keys) + key, TileGeometry.Keys, null);
                }
            }
        }
    }

    private static void Softmax(in KernelTask task, Workspace workspace, int row, int rows, int tile)
    {
        KeyRange all = InTile(task, row, row + rows, tile);
        for (int r = 0; r < rows; r++)
        {
            float* scores = workspace.Scores + ((nint)r * TileGeometry.Keys);
            KeyRange seen = InTile(task, row + r, row + r + 1, tile);
            if (seen.IsEmpty)
            {
                Zero(scores, all.Start, all.End);
                workspace.Rescale[r] = 1f;
                continue;
            }

            int start = seen.Start & -Lanes;
            int end = (seen.End + Lanes - 1) & -Lanes;
            for (int key = start; key < seen.Start; key++)
                scores[key] = float.NegativeInfinity;
            for (int key = seen.End; key < end; key++)
                scores[key] = float.NegativeInfinity;
            TTile.Softmax(scores + start, end - start, workspace.Max + r, workspace.Sum + r, workspace.Rescale + r);

            // A neighbour in the row group may see further keys: for this row they weigh nothing.
            Zero(scores, all.Start, start);
            Zero(scores, end, all.End);
        }
    }

    private static void AddValues(in KernelTask task, Workspace workspace, int row, int rows, int tile)
    {
        KeyRange visible = InTile(task, row, row + rows, tile);
        int stride = PackedSegment.PadColumns(task.Segment.ValueWidth);
        foreach (ColumnBlock block in task.Segment.ColumnBlocks)
        {
            int group = TTile.RowGroup(block.Columns);
            float* rescale = workspace.Rescale;
            for (int first = visible.Start & -ValueRunKeys; first < visible.End; first += ValueRunKeys)
            {
                for (int r = 0; r < rows; r += group)
                {
                    KeyRange seen = InTile(task, row + r, row + Math.Min(r + group, rows), tile)
                        .Intersect(new KeyRange(first, first + ValueRunKeys));

                    // The first run rescales every row, also those that see none of its keys.
                    if (seen.IsEmpty && rescale == workspace.Ones)
                        continue;
                    TTile.Multiply(
                        workspace.Scores + ((nint)r * TileGeometry.Keys) + seen.Start, TileGeometry.Keys,
                        task.Segment.ValuePanel(block, (tile * TileGeometry.Keys) + seen.Start), block.Columns, seen.Count,
                        workspace.Accumulator + ((nint)r * stride) + block.FirstColumn, stride, rescale + r);
                }

                rescale = workspace.Ones;
            }
        }
    }

    /// <summary>
    /// The slow way, for tiles with NaN or infinity in V: a weight of zero would spread them to rows that don't see the
    /// key. Each row is alone in its row group, with just the keys that it sees.
    /// </summary>
    private static void AddValuesOneRowAtATime(in KernelTask task, Workspace workspace, int row, int rows, int tile)
    {
        int stride = PackedSegment.PadColumns(task.Segment.ValueWidth);
        for (int r = 0; r < rows; r++)
        {
            KeyRange visible = InTile(task, row + r, row + r + 1, tile);
            float* accumulator = workspace.Accumulator + ((nint)r * stride);
            foreach (ColumnBlock block in task.Segment.ColumnBlocks)
            {
                float* rescale = workspace.Rescale + r;
                for (int first = visible.Start & -ValueRunKeys; first < visible.End; first += ValueRunKeys)
                {
                    KeyRange seen = visible.Intersect(new KeyRange(first, first + ValueRunKeys));
                    CopyFloats(workspace.Scores + ((nint)r * TileGeometry.Keys) + seen.Start, workspace.LoneWeights, seen.Count);
                    CopyFloats(accumulator + block.FirstColumn, workspace.LoneAccumulator, block.Columns);
                    TTile.Multiply(
                        workspace.LoneWeights, TileGeometry.Keys,
                        task.Segment.ValuePanel(block, (tile * TileGeometry.Keys) + seen.Start), block.Columns, seen.Count,
                        workspace.LoneAccumulator, block.Columns, rescale);
                    CopyFloats(workspace.LoneAccumulator, accumulator + block.FirstColumn, block.Columns);
                    rescale = workspace.Ones;
                }
            }
        }
    }

    private static void StoreRows(Workspace workspace, int resultRow, int rows, Partial result)
    {
        CopyFloats(workspace.Max, result.Max + resultRow, rows);
        CopyFloats(workspace.Sum, result.Sum + resultRow, rows);

        // Adding zero makes +0 of -0, which an underflowing product leaves unless a neighbour's key, of weight 0, follows: the sign would
        // tell how rows were grouped.
        int floats = rows * result.Stride;
        TensorPrimitives.Add(
            new ReadOnlySpan<float>(workspace.Accumulator, floats), 0f,
            new Span<float>(result.Accumulator + ((nint)resultRow * result.Stride), floats));
    }

    /// <summary>The keys of a tile that at least one of several rows of the block sees, counted from the tile's first key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static KeyRange InTile(in KernelTask task, int row, int endRow, int tile)
    {
        int first = tile * TileGeometry.Keys;
        KeyRange keys = task.VisibleToAny(row, endRow);
        return new KeyRange(Math.Clamp(keys.Start - first, 0, TileGeometry.Keys), Math.Clamp(keys.End - first, 0, TileGeometry.Keys));
    }

    private static void Zero(float* scores, int start, int end)
    {
        if (end > start)
            new Span<float>(scores + start, end - start).Clear();
    }

    private static void CopyFloats(float* source, float* destination, int count) =>
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(destination, count));
}
