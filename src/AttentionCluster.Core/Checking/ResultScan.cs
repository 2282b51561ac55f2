using System.Globalization;
using System.Runtime.InteropServices;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Checking;

/// <summary>
/// Looks through a written result for what its arithmetic or its type could not hold: rows that are not finite though their inputs are, and
/// numbers beyond a type of 16 bits. Nobody should have to find them out.
/// </summary>
/// <param name="plan">The job.</param>
/// <param name="result">Its result.</param>
/// <param name="tensors">Its inputs.</param>
internal sealed class ResultScan(AttentionPlan plan, TensorFile result, ResultTensors tensors)
{
    private const int PieceBytes = 256 << 10;

    /// <summary>
    /// Rows that are looked at before the search ends: where so many in a row have an input that is not finite, that was said already.
    /// </summary>
    private const int RowsMax = 256;

    /// <summary>Looks.</summary>
    /// <param name="cancellationToken">Stops between pieces.</param>
    /// <returns>A sentence for each kind, with the first place.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="TensorFormatException">A file has become shorter.</exception>
    public IReadOnlyList<string> Find(CancellationToken cancellationToken)
    {
        TensorEntry output = result.Require("o");
        (SortedSet<long> rows, long? atLimit) = Scan(output, plan.Shape.ValueWidth, cancellationToken);
        if (result.Find("lse") is { } lse)
            rows.UnionWith(Scan(lse, 1, cancellationToken).Rows);
        var sentences = new List<string>();
        if (rows.Take(RowsMax).Select(RowAt).Cast<OutputRow?>().FirstOrDefault(row => HasFiniteInputs(row!.Value)) is { } first)
            sentences.Add($"the result is not finite at {first}, though all that it is made of is: float32 can't hold one of its scores or "
                + "sums; make q, k, v or scale smaller");
        if (atLimit is { } element)
            sentences.Add(string.Create(CultureInfo.InvariantCulture, $"o has the largest {Dtypes.Name(output.Type)}, "
                + $"{output.Type.LargestFinite()}, at [{NarrowedElement.Place(output, element)}], which stands for all numbers beyond it, "
                + $"there and elsewhere; choose a wider out-dtype if that matters"));
        return sentences;
    }

    /// <summary>The first rows that are not finite, and the first element that is as large as one of 16 bits can be.</summary>
    private (SortedSet<long> Rows, long? AtLimit) Scan(TensorEntry tensor, int width, CancellationToken cancellationToken)
    {
        (var rows, long? atLimit) = (new SortedSet<long>(), (long?)null);
        double limit = tensor.Type == ElementType.Float32 ? double.PositiveInfinity : tensor.Type.LargestFinite();
        int size = tensor.Type.ByteSize();
        byte[] piece = new byte[Math.Min(PieceBytes, tensor.ByteLength)];
        float[] widened = new float[piece.Length / size];
        for (long done = 0; done < tensor.ByteLength
            && (rows.Count < RowsMax || (atLimit is null && !double.IsInfinity(limit))); done += PieceBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> some = piece.AsSpan(0, (int)Math.Min(PieceBytes, tensor.ByteLength - done));
            result.Read(tensor, done, some);
            if (Magnitudes.Largest(tensor.Type, some) is var largest && float.IsFinite(largest) && largest < limit)
                continue;
            tensor.Type.ToSingle(some, widened);
            for (int i = 0; i < some.Length / size; i++)
            {
                long element = (done / size) + i;

                // A row without a key has a log-sum-exp of -infinity.
                if (!float.IsFinite(widened[i]) && !(tensor.Name == "lse" && float.IsNegativeInfinity(widened[i])) && rows.Count < RowsMax)
                    rows.Add(element / width);
                else if (Math.Abs(widened[i]) >= limit && float.IsFinite(widened[i]))
                    atLimit ??= element;
            }
        }

        return (rows, atLimit);
    }

    private OutputRow RowAt(long row)
    {
        (long head, long at) = Math.DivRem(row, plan.Shape.QueryRows);
        return new OutputRow((int)(head / plan.Shape.Query.Heads), (int)(head % plan.Shape.Query.Heads), (int)at);
    }

    private bool HasFiniteInputs(OutputRow at)
    {
        IRows keys = tensors.Key.Head(at.Batch, at.Head / plan.Shape.GroupSize), values =
            tensors.Value.Head(at.Batch, at.Head / plan.Shape.GroupSize);
        RowRule rule = plan.Rules.RuleOf(at.Batch, at.Head, at.Row, plan.Scale);
        return IsFinite(tensors.Query.Head(at.Batch, at.Head).Row(at.Row))
            && double.IsFinite(rule.SinkLogit ?? 0)
            && rule.Keys.All(key => IsFinite(keys.Row(key)) && IsFinite(values.Row(key))
                && (rule.Bias is null || (rule.Bias(key) is var (element, slope) && double.IsFinite(element + slope))));
    }

    private static bool IsFinite(ReadOnlySpan<float> row) =>
        float.IsFinite(Magnitudes.Largest(ElementType.Float32, MemoryMarshal.AsBytes(row)));
}
