using System.Numerics.Tensors;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Kernels.Forward;

/// <summary>
/// The constant that is taken off the scores of each row of a tile: what is added to one of the keys that it sees, near the largest, where
/// that is so large that scores beside it would be lost. A constant on a row changes no weight; so rows whose every key carries one have
/// the weights of rows whose keys have none.
/// </summary>
/// <remarks>
/// It follows from what the row itself sees, tile of keys by tile of keys in ascending order, and is 0 for all usual masks: then no bit
/// changes, and no time is taken.
/// </remarks>
/// <param name="memory">64-byte aligned, <see cref="Workspace.ShiftBytes"/> bytes.</param>
internal readonly unsafe struct RowShifts(byte* memory)
{
    /// <summary>
    /// What is added to every key may be so large without being taken off: a score rounded beside it has an error of 4e-6.
    /// </summary>
    private const double Least = 2 * LargeElements.Usual;

    /// <summary>All that is taken off a row.</summary>
    internal double* Total => (double*)memory;

    /// <summary>Of that, what ALiBi adds.</summary>
    internal double* Slope => Total + TileGeometry.Rows;

    /// <summary>And what the mask adds.</summary>
    internal float* Element => (float*)(Slope + TileGeometry.Rows);

    /// <summary>What is taken off the distances of ALiBi.</summary>
    internal float* Distance => Element + TileGeometry.Rows;

    private bool* HasSeen => (bool*)(Distance + TileGeometry.Rows);

    /// <summary>Nothing is taken off, and no key was seen.</summary>
    internal void Clear() => new Span<byte>(memory, Workspace.ShiftBytes).Clear();

    /// <summary>Looks at what is added to the keys of a tile that a row sees, before it is added.</summary>
    /// <param name="task">The task.</param>
    /// <param name="tile">Its rows.</param>
    /// <param name="row">The row, within the tile.</param>
    /// <param name="firstKey">The tile's first key.</param>
    /// <param name="seen">The keys that the row sees, from the first to the last.</param>
    /// <returns>By how much what is taken off has grown: the row's running maximum falls by it.</returns>
    internal double Update(in KernelTask task, in QueryTile tile, int row, int firstKey, KeyRange seen)
    {
        (int head, int rowOfHead) = Math.DivRem(tile.FirstRow + row, task.Rows);
        ScoreModifier bias = task.Bias;
        float slope = bias.Slopes == null ? 0 : bias.Slopes[head];
        long distance = task.Distance(rowOfHead, firstKey);
        bool isPlain = Total[row] == 0;
        if (isPlain)
        {
            double farthest = slope * (double)Math.Max(Math.Abs(distance - seen.Start), Math.Abs(distance - seen.End + 1));
            bool isSlopeUsual = Math.Abs(farthest) <= LargeElements.Usual;
            if (isSlopeUsual && !bias.Large.Any)
            {
                HasSeen[row] = true;
                return 0;
            }

            // Nothing can rise above what the row has seen by more than rounding allows.
            if (HasSeen[row] && !bias.Large.Positive && (slope >= 0 || isSlopeUsual))
                return 0;
        }

        (double largest, float element, float away) = Largest(task, tile, row, head, rowOfHead, firstKey, seen, slope, distance);
        double before = Total[row];
        if (!double.IsFinite(largest) || (HasSeen[row] && largest <= before + Least))
        {
            HasSeen[row] = true;
            return 0;
        }

        HasSeen[row] = true;
        (float elementBefore, double slopeBefore) = (Element[row], Slope[row]);
        (Total[row], Element[row], Distance[row]) = Math.Abs(largest) <= Least ? (0, 0, 0) : (largest, element, away);
        Slope[row] = Distance[row] == 0 ? 0 : -slope * (double)Distance[row];
        return Slope[row] - slopeBefore + ((double)Element[row] - elementBefore);
    }

    /// <summary>The largest of what is added to the keys that a row sees, with its two parts.</summary>
    private static (double Largest, float Element, float Away) Largest(
        in KernelTask task, in QueryTile tile, int row, int head, int rowOfHead, int firstKey, KeyRange seen, float slope, long distance)
    {
        MaskElements added = task.Bias.Elements;
        float* elements = stackalloc float[TileGeometry.Keys];
        if (added.IsAdded)
        {
            int size = added.Type.ByteSize();
            var stored = new ReadOnlySpan<byte>(added.Row(head, rowOfHead) + ((long)(firstKey + seen.Start) * size), seen.Count * size);
            added.Type.ToSingle(stored, new Span<float>(elements + seen.Start, seen.Count));
        }

        (double Largest, float Element, float Away) best = (double.NegativeInfinity, 0, 0);
        bool hasHoles = tile.UsesVisibility && tile.Visibility.HasHoles(row);
        for (KeyRange run = hasHoles ? KeyBits.NextRun(tile.Visibility.Bits(row), seen.Start, seen.End) : seen; !run.IsEmpty;
            run = hasHoles ? KeyBits.NextRun(tile.Visibility.Bits(row), run.End, seen.End) : default)
        {
            (double Largest, float Element, float Away) ofRun =
                slope == 0 ? OfElements(new ReadOnlySpan<float>(elements + run.Start, run.Count))
                : !added.IsAdded ? OfDistances(run, slope, distance)
                : OfBoth(elements, run, slope, distance);
            best = ofRun.Largest > best.Largest || double.IsNaN(ofRun.Largest) ? ofRun : best;
        }

        return best;
    }

    private static (double Largest, float Element, float Away) OfElements(ReadOnlySpan<float> elements)
    {
        float largest = TensorPrimitives.Max(elements);
        return (largest, largest, 0);
    }

    private static (double Largest, float Element, float Away) OfDistances(KeyRange run, float slope, long distance)
    {
        long first = Math.Abs(distance - run.Start), last = Math.Abs(distance - run.End + 1);
        float away = slope < 0 ? Math.Max(first, last) : distance >= run.Start && distance < run.End ? 0 : Math.Min(first, last);
        return (-slope * (double)away, 0, away);
    }

    private static (double Largest, float Element, float Away) OfBoth(float* elements, KeyRange run, float slope, long distance)
    {
        (double Largest, float Element, float Away) best = (double.NegativeInfinity, 0, 0);
        for (int key = run.Start; key < run.End; key++)
        {
            float away = Math.Abs(distance - key);
            double added = elements[key] - (slope * (double)away);
            best = added > best.Largest || double.IsNaN(added) ? (added, elements[key], away) : best;
        }

        return best;
    }
}
