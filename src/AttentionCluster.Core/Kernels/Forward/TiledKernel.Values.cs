using System.Runtime.CompilerServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Gemm;
using AttentionCluster.Core.Kernels.Packing;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Forward;

/// <content>The weighted sum of the values.</content>
internal sealed unsafe partial class TiledKernel<TVector, TSimd>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues(in KernelTask task, Workspace workspace, in QueryTile tile, int firstKey)
    {
        KeyRange visible = tile.SeenInTile(0, tile.Rows, firstKey);
        int stride = TileGeometry.PadColumns(task.Segment.ValueWidth);

        // NaN or infinity in V would spread, with a weight of zero, to rows that don't see the key: each row goes alone then, with just
        // the keys that it sees.
        bool alone = task.Segment.HasNonFiniteValues(firstKey / TileGeometry.Keys);
        ReadOnlySpan<ColumnBlock> blocks = task.Segment.ColumnBlocks;
        for (int b = 0; b < blocks.Length; b++)
        {
            ColumnBlock block = blocks[b], next = blocks[(b + 1) % blocks.Length];
            int group = alone ? 1 : Tile<TVector, TSimd>.RowGroup(block.Columns), groups = IntegerMath.DivideUp(tile.Rows, group);
            PackedMatrix values = WidenForMany(
                task.Segment.ValuePanel(block, firstKey + visible.Start), visible.Count * block.Columns, tile.Rows > group, workspace);

            // After the last block, few row groups go on with the next tile; many have time for it while they compute scores.
            bool last = b == blocks.Length - 1;
            var nextAhead = new PrefetchShare(
                task.Segment.ValuePanel(next, firstKey + visible.Start + (last ? TileGeometry.Keys : 0)),
                last && groups >= PrefetchShare.ManyGroups ? 0 : visible.Count * next.Columns, groups, visible.Count);
            for (int r = 0, asker = 0; r < tile.Rows; r += group, asker++)
            {
                int rows = Math.Min(group, tile.Rows - r);
                KeyRange seen = tile.SeenInTile(r, r + rows, firstKey);
                if (seen.IsEmpty)
                    continue;
                if (alone && tile.UsesVisibility && tile.Visibility.HasHoles(r))
                {
                    AddSeen(workspace, tile.Visibility, r, seen, values, visible.Start, block, stride);
                    continue;
                }

                Prefetch ahead = groups == 1
                    ? Prefetch.Along(values.Skip((seen.Start - visible.Start) * block.Columns), block.Columns)
                    : nextAhead.Part(asker);
                for (int key = 0; key < seen.End; key += ValueChain)
                {
                    // The first chain rescales what was there, for every row group, even one that sees none of its keys: otherwise a row's
                    // bits would tell with whom it was grouped.
                    int start = Math.Max(key, seen.Start);
                    int count = Math.Max(Math.Min(key + ValueChain, seen.End) - start, 0);
                    if (tile.UsesVisibility)
                        (start, count) = tile.Visibility.WithoutHiddenEnds(r, r + rows, start, count);
                    if (count == 0 && key > 0)
                        continue;
                    Tile<TVector, TSimd>.Multiply(
                        rows, workspace.Scores + ((nint)r * TileGeometry.Keys) + start, TileGeometry.Keys,
                        values.Skip((start - visible.Start) * block.Columns), block.Columns, block.Columns, count, count, 1,
                        workspace.Accumulator + ((nint)r * stride) + block.FirstColumn, stride,
                        key == 0 ? Accumulate.ScaleAndAdd : Accumulate.Add, workspace.Rescale + r, ahead);
                    ahead = ahead.After(count);
                }
            }
        }
    }

    /// <summary>
    /// One row, with just the keys that it sees, brought together: what the others hold must not come near a sum. Finite, they would weigh
    /// nothing in the same chains, so the bits don't tell whether they are.
    /// </summary>
    private static void AddSeen(
        Workspace workspace, TileVisibility visibility, int row, KeyRange seen, PackedMatrix values, int firstValue, in ColumnBlock block,
            int stride)
    {
        float* weights = workspace.Scores + ((nint)row * TileGeometry.Keys);
        int rowBytes = block.Columns * values.Type.ByteSize();
        for (int key = 0; key < seen.End; key += ValueChain)
        {
            int count = 0, end = Math.Min(key + ValueChain, seen.End);
            for (KeyRange run = KeyBits.NextRun(visibility.Bits(row), Math.Max(key, seen.Start),
                end); !run.IsEmpty; run = KeyBits.NextRun(visibility.Bits(row), run.End, end))
            {
                CopyFloats(weights + run.Start, workspace.SeenWeights + count, run.Count);
                new ReadOnlySpan<byte>(values.Skip((run.Start - firstValue) * block.Columns).First, run.Count * rowBytes)
                    .CopyTo(new Span<byte>((byte*)workspace.SeenValues + (count * rowBytes), run.Count * rowBytes));
                count += run.Count;
            }

            if (count == 0 && key > 0)
                continue;
            Tile<TVector, TSimd>.Multiply(
                1, workspace.SeenWeights, TileGeometry.Keys, new PackedMatrix((byte*)workspace.SeenValues, values.Type), block.Columns,
                    block.Columns, count, count, 1,
                workspace.Accumulator + ((nint)row * stride) + block.FirstColumn, stride, key == 0 ? Accumulate.ScaleAndAdd
                    : Accumulate.Add, workspace.Rescale + row,
                default);
        }
    }
}
