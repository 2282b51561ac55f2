using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Checking;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Jobs.Verification;

/// <summary>
/// Looks, at the node that has the tensors, for NaN and infinities at the places that a job's result depends on, and for float64 numbers
/// that float32 can't hold: the result is what IEEE 754 makes of the former, and the latter are clamped, and nobody should have to find out
/// by reading it. Each tensor is read piece by piece, by one thread.
/// </summary>
internal sealed class InputScan : IAsyncDisposable
{
    /// <summary>Read at a time: stays in the second-level cache between being read and being looked at.</summary>
    private const int PieceBytes = 256 << 10;

    private readonly CancellationTokenSource _stopping;
    private readonly Task<IReadOnlyList<string>> _scan;

    private InputScan(JobRequest job, AttentionPlan plan, TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
    {
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _scan = TransientFailure.RetryAsync(() => Sentences(job, plan, _stopping.Token), patience, clock, _stopping.Token);
    }

    /// <summary>Starts, beside the computation.</summary>
    internal static InputScan Start(JobRequest job, AttentionPlan plan, TimeSpan patience, TimeProvider clock,
        CancellationToken cancellationToken) =>
        new(job, plan, patience, clock, cancellationToken);

    /// <summary>Looks before anything is computed, when the user wants such a job refused.</summary>
    /// <returns>Why it is; null when all is finite, or may be anything.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static async Task<Refusal?> RefuseAsync(JobRequest job, AttentionPlan plan, TimeSpan patience, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (!job.Options.RejectNonFinite)
            return null;
        try
        {
            return await TransientFailure
                .RetryAsync(() => Refuse(job, plan, cancellationToken), patience, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException problem)
        {
            return InputFailure.Of(job.Id, problem);
        }
    }

    /// <summary>The same, once.</summary>
    /// <exception cref="IOException">The input can't be read now.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static Refusal? Refuse(JobRequest job, AttentionPlan plan, CancellationToken cancellationToken) =>
        Find(job, plan, cancellationToken) is { Count: > 0 } found
            ? new Refusal(
                ErrorCode.NonfiniteInput,
                $"{NonFiniteElement.Describe(found)}, and the job was to be refused for that; mend the input, or mask these places, or run "
                    + "without reject-nonfinite")
            : null;

    /// <summary>Waits for the end.</summary>
    /// <returns>What the report says of it: nothing when all is finite.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="TensorFormatException">The input has become shorter.</exception>
    internal async Task<IReadOnlyList<string>> WarningsAsync()
    {
        try
        {
            return await _scan.ConfigureAwait(false);
        }
        catch (IOException problem) when (problem is not TensorFormatException)
        {
            return [$"the input could not be looked through for NaN and infinities: {problem.Message}"];
        }
    }

    /// <summary>Stops, and returns when nothing reads the tensors any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await ((Task)_scan).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>A job that would have been refused for what is not finite has none of that left to find.</summary>
    private static IReadOnlyList<string> Sentences(JobRequest job, AttentionPlan plan, CancellationToken cancellationToken)
    {
        IReadOnlyList<NonFiniteElement> found = job.Options.RejectNonFinite ? [] : Find(job, plan, cancellationToken);
        IEnumerable<string?> narrowed =
            from tensor in (IEnumerable<StoredTensor>)[job.Query, job.Key, job.Value, .. job.Auxiliary.Tensors]
            select NarrowedElement.FirstBeyondFloat32(tensor.Entry, tensor.File.Bytes(tensor.Entry), cancellationToken);
        return [.. found.Count == 0 ? [] : (string[])[NonFiniteElement.Describe(found)], .. narrowed.OfType<string>()];
    }

    /// <summary>The first of each tensor that has some.</summary>
    private static IReadOnlyList<NonFiniteElement> Find(JobRequest job, AttentionPlan plan, CancellationToken cancellationToken)
    {
        var visibility = new InputVisibility(plan, cancellationToken);
        NonFiniteElement?[] found =
        [
            Find("q", job.Query, visibility.SeesAny, cancellationToken),
            Find("k", job.Key, visibility.IsSeen, cancellationToken),
            Find("v", job.Value, visibility.IsSeen, cancellationToken),
        ];
        return [.. found.OfType<NonFiniteElement>()];
    }

    /// <param name="name">What the tensor is called.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="counts">Whether the result depends on a row: batch entry, head, row. Asked for rows that have something to
    /// find.</param>
    /// <param name="cancellationToken">Stops between pieces.</param>
    private static NonFiniteElement? Find(string name, StoredTensor tensor, Func<int, int, int, bool> counts,
        CancellationToken cancellationToken)
    {
        (TensorShape shape, ElementType type) = (tensor.Shape, tensor.Entry.Type);
        long rows = shape.ElementCount / shape.Width;
        int rowsAtOnce = (int)Math.Min(Math.Max(1, PieceBytes / tensor.RowBytes), rows);
        byte[] piece = new byte[rowsAtOnce * tensor.RowBytes];
        float[] widened = type == ElementType.Float32 ? [] : new float[rowsAtOnce * shape.Width];
        for (long first = 0; first < rows; first += rowsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min(rowsAtOnce, rows - first);
            Span<byte> bytes = piece.AsSpan(0, count * tensor.RowBytes);
            tensor.File.Read(tensor.Entry, first * tensor.RowBytes, bytes);
            ReadOnlySpan<float> elements = Floats(type, bytes, widened.AsSpan(0, type == ElementType.Float32 ? 0 : count * shape.Width));
            if (TensorPrimitives.IsFiniteAll(elements))
                continue;
            for (int i = 0; i < count; i++)
            {
                long head = (first + i) / shape.Rows;
                ReadOnlySpan<float> row = elements.Slice(i * shape.Width, shape.Width);
                if (NonFiniteElement.FirstOf(name, shape, first + i, row) is { } element
                    && counts((int)(head / shape.Heads), (int)(head % shape.Heads), (int)((first + i) % shape.Rows)))
                {
                    return element;
                }
            }
        }

        return null;
    }

    private static ReadOnlySpan<float> Floats(ElementType type, ReadOnlySpan<byte> bytes, Span<float> widened)
    {
        if (type == ElementType.Float32)
            return MemoryMarshal.Cast<byte, float>(bytes);
        type.ToSingle(bytes, widened);
        return widened;
    }
}
