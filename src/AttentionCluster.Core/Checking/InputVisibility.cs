using System.Collections;
using System.Collections.Concurrent;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Checking;

/// <summary>Which rows of a job's input can change its result: what the mask hides whole may hold anything. Any thread.</summary>
/// <param name="plan">The job's.</param>
/// <param name="cancellationToken">Where a mask is to be looked through, each question may take long: stops that.</param>
internal sealed class InputVisibility(AttentionPlan plan, CancellationToken cancellationToken = default)
{
    /// <summary>
    /// Of a KV head: which rows of each head of its group see a key, and which keys are seen. Found when one is asked for.
    /// </summary>
    private readonly ConcurrentDictionary<(int Batch, int KvHead), Lazy<(BitArray[] Rows, BitArray Keys)>> _found = new();

    /// <summary>Whether a query row sees at least one key.</summary>
    /// <param name="batch">The batch entry.</param>
    /// <param name="head">The query head.</param>
    /// <param name="row">The row.</param>
    public bool SeesAny(int batch, int head, int row)
    {
        (int kvHead, int inGroup) = Math.DivRem(head, plan.Shape.GroupSize);
        return plan.Rules.IsRange(batch)
            ? !plan.Rules.RangeOf(batch).InBand(row, row + 1).Intersect(new KeyRange(0, plan.Shape.Keys)).IsEmpty
            : Of(batch, kvHead).Rows[inGroup][row];
    }

    /// <summary>Whether a key, and its value, is seen by at least one query row of the heads that read it.</summary>
    /// <param name="batch">The batch entry.</param>
    /// <param name="kvHead">The KV head.</param>
    /// <param name="key">The key.</param>
    public bool IsSeen(int batch, int kvHead, int key)
    {
        if (!plan.Rules.IsRange(batch))
            return Of(batch, kvHead).Keys[key];
        KeyRange seen = plan.Rules.RangeOf(batch).InBand(0, plan.Shape.QueryRows);
        return key >= seen.Start && key < seen.End;
    }

    private (BitArray[] Rows, BitArray Keys) Of(int batch, int kvHead) =>
        _found.GetOrAdd((batch, kvHead), one => new(() => Find(one.Batch, one.KvHead))).Value;

    private unsafe (BitArray[] Rows, BitArray Keys) Find(int batch, int kvHead)
    {
        (int allRows, int allKeys) = (plan.Shape.QueryRows, plan.Shape.Keys);
        var rows = new BitArray[plan.Shape.GroupSize];
        var keys = new BitArray(allKeys);
        using var memory = new NativeBuffer(TileVisibility.ByteLength);
        var visibility = new TileVisibility(memory.Pointer);
        var mask = new MaskCursor(plan.Rules, batch, kvHead, VisibilityCounts.WindowBytes);
        for (int head = 0; head < plan.Shape.GroupSize; head++)
        {
            rows[head] = new BitArray(allRows);
            for (int row = 0; row < allRows; row += TileGeometry.Rows)
            {
                for (int key = 0; key < allKeys; key += TileGeometry.Keys)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    int count = Math.Min(TileGeometry.Rows, allRows - row);
                    int columns = Math.Min(TileGeometry.Keys, allKeys - key);
                    if (!visibility.Evaluate(mask.MaskOf(head, row, count, key, columns), head, 0, row, count, 0, key, columns, 0))
                        continue;
                    for (int r = 0; r < count; r++)
                    {
                        KeyRange seen = visibility.Seen[r];
                        if (!seen.IsEmpty)
                            rows[head][row + r] = true;
                        for (int k = seen.Start; k < seen.End; k++)
                        {
                            if (visibility.Sees(r, k))
                                keys[key + k] = true;
                        }
                    }
                }
            }
        }

        return (rows, keys);
    }
}
