using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// The numbers of a job's <see cref="AuxiliaryLayout"/>, where its plan is made and its result is checked: a large mask is read where it is
/// looked at, everything else is a copy.
/// </summary>
internal sealed unsafe class AuxiliaryTensors : IDisposable
{
    /// <summary>Converted between two looks at a token: some milliseconds.</summary>
    private const long IntegersAtOnce = 1 << 20;

    private readonly AuxiliaryLayout _layout;
    private readonly AttentionShape _shape;
    private readonly AttentionOptions _options;
    private readonly MaskTensor? _mask;
    private readonly MaskTensor? _blocks;
    private readonly NativeBuffer? _queryDocuments;
    private readonly NativeBuffer? _keyDocuments;
    private readonly NativeBuffer? _slopes;
    private Refusal? _documentRefusal;

    /// <summary>
    /// Of each batch entry where its documents say it: where each row stands, and the smallest and largest distance of that from the row's
    /// number.
    /// </summary>
    private NativeBuffer? _positions;
    private (long First, long Last)?[] _offsets = [];

    private AuxiliaryTensors(
        AuxiliaryLayout layout, AttentionShape shape, AttentionOptions options, Func<AuxiliaryTensor, TensorBytes> open,
        CancellationToken cancellationToken)
    {
        (_layout, _shape, _options) = (layout, shape, options);
        _mask = layout.Mask is { } mask ? new MaskTensor(mask, open(mask)) : null;
        _blocks = layout.Blocks is { } blocks ? new MaskTensor(blocks, open(blocks)) : null;
        _queryDocuments = layout.QueryDocuments is { } ofQueries ? Documents(ofQueries, shape.QueryRows, open, cancellationToken) : null;
        _keyDocuments = layout.KeyDocuments is { } ofKeys ? Documents(ofKeys, shape.Keys, open, cancellationToken) : null;
        SinkLogits = layout.SinkLogits is { } sinks ? Numbers(sinks, open) : null;
        Slopes = layout.Slopes is { } slopes ? Numbers(slopes, open) : null;
        if (Slopes is not null)
        {
            _slopes = new NativeBuffer(Slopes.Length * sizeof(float));
            Slopes.CopyTo(_slopes.FloatSpan(0, Slopes.Length));
        }

        if (layout.KeyLengths is { } lengths)
        {
            using NativeBuffer read = Integers(lengths, open, cancellationToken);
            KeyLengths = new long[lengths.Shape.Rows];
            new ReadOnlySpan<long>(read.Pointer, KeyLengths.Length).CopyTo(KeyLengths);
        }
    }

    /// <summary>What they are.</summary>
    public AuxiliaryLayout Layout => _layout;

    /// <summary>Keys of each batch entry that are no padding; null when all are.</summary>
    public long[]? KeyLengths { get; }

    /// <summary>For each query head, what joins the denominator alone; null for none.</summary>
    public float[]? SinkLogits { get; }

    /// <summary>For each query head, the slope of ALiBi; null for none.</summary>
    public float[]? Slopes { get; }

    /// <summary>Opens them, and checks the numbers that have a range.</summary>
    /// <param name="layout">Which.</param>
    /// <param name="shape">The job's.</param>
    /// <param name="options">The job's.</param>
    /// <param name="open">Gives the bytes of one of them, which must be readable until <see cref="Dispose"/>.</param>
    /// <param name="refusal">Why not.</param>
    /// <param name="cancellationToken">Documents are written out for every row.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static AuxiliaryTensors? Open(
        AuxiliaryLayout layout, AttentionShape shape, AttentionOptions options, Func<AuxiliaryTensor, TensorBytes> open,
        out Refusal? refusal, CancellationToken cancellationToken = default)
    {
        var tensors = new AuxiliaryTensors(layout, shape, options, open, cancellationToken);
        refusal = null;
        if (tensors.KeyLengths is { } lengths && Array.FindIndex(lengths, length => length < 0 || length > shape.Keys) is var at and >= 0)
            refusal = new Refusal(ErrorCode.OptionOutOfRange,
                $"kv_lengths[{at}] is {lengths[at]}; it must be from 0 to the {shape.Keys} keys that there are");
        refusal ??= tensors._documentRefusal;
        refusal ??= tensors.FindPositions(cancellationToken);
        if (refusal is null)
            return tensors;
        tensors.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mask?.Dispose();
        _blocks?.Dispose();
        _queryDocuments?.Dispose();
        _keyDocuments?.Dispose();
        _slopes?.Dispose();
        _positions?.Dispose();
    }

    /// <summary>
    /// Whether rows stand where their documents say: where positions count from the ends, and something follows from them.
    /// </summary>
    internal static bool HasPositions(AuxiliaryLayout layout, AttentionOptions options) =>
        layout.QueryDocuments is not null && options.HasBottomRight && (options.HasBand || layout.Slopes is not null);

    /// <summary>Where each row of a batch entry stands; empty where that follows from its number.</summary>
    internal ReadOnlySpan<long> PositionsOf(int batch) => OffsetsOf(batch) is null ? default : new(PositionsAt(batch), _shape.QueryRows);

    /// <summary>
    /// The smallest and the largest distance of a row's position from its number; null where positions follow from numbers.
    /// </summary>
    internal (long First, long Last)? OffsetsOf(int batch) => _positions is null ? null : _offsets[batch];

    /// <summary>Puts what is behind pointers to the mask of one KV head's group.</summary>
    internal TaskMask Complete(in TaskMask mask, int batch, int kvHead) => mask with
    {
        RowPositions = OffsetsOf(batch) is null ? null : PositionsAt(batch),
        RowDocuments = DocumentsOf(_layout.QueryDocuments, _queryDocuments, batch, _shape.QueryRows),
        KeyDocuments = DocumentsOf(_layout.KeyDocuments, _keyDocuments, batch, _shape.Keys),
        Elements = _mask?.Held(batch, FirstHead(kvHead)) ?? default,
        Blocks = _blocks is null ? default : new BlockElements(
            _blocks.Held(batch, FirstHead(kvHead)), _options.MaskBlock.Rows, _options.MaskBlock.Keys, 0, 0),
    };

    /// <summary>Puts what is behind pointers to the bias of one KV head's group.</summary>
    internal ScoreModifier Complete(in ScoreModifier bias, int batch, int kvHead) => bias with
    {
        Elements = _mask?.Held(batch, FirstHead(kvHead)) ?? default,
        Slopes = _slopes is null ? null : _slopes.Floats + (kvHead * _shape.GroupSize),
        RowPositions = OffsetsOf(batch) is null ? null : PositionsAt(batch),
    };

    /// <summary>Reads the mask for a KV head's group; null when there is none, or when it is held.</summary>
    internal MaskReader? ReaderOfMask(int batch, int kvHead, int windowBytes) => _mask?.Reader(batch, FirstHead(kvHead), windowBytes);

    /// <summary>Reads the block mask for a KV head's group; null when there is none, or when it is held.</summary>
    internal MaskReader? ReaderOfBlocks(int batch, int kvHead, int windowBytes) => _blocks?.Reader(batch, FirstHead(kvHead), windowBytes);

    private long* PositionsAt(int batch) => (long*)_positions!.Pointer + ((long)batch * _shape.QueryRows);

    private Refusal? FindPositions(CancellationToken cancellationToken)
    {
        if (!HasPositions(_layout, _options))
            return null;
        _positions = new NativeBuffer(sizeof(long) * (long)_shape.Batch * _shape.QueryRows);
        _offsets = new (long, long)?[_shape.Batch];
        for (int batch = 0; batch < _shape.Batch; batch++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int keys = (int)(KeyLengths?[batch] ?? _shape.Keys);
            long usual = keys - (long)_shape.QueryRows;
            var positions = new Span<long>(PositionsAt(batch), _shape.QueryRows);
            Refusal? refusal = DocumentPositions.Find(
                new(DocumentsOf(_layout.QueryDocuments, _queryDocuments, batch, _shape.QueryRows), _shape.QueryRows),
                new(DocumentsOf(_layout.KeyDocuments, _keyDocuments, batch, _shape.Keys), keys), usual, batch, positions);
            if (refusal is not null)
                return refusal;
            (long first, long last) = (long.MaxValue, long.MinValue);
            for (int row = 0; row < positions.Length; row++)
                (first, last) = (Math.Min(first, positions[row] - row), Math.Max(last, positions[row] - row));
            _offsets[batch] = first == usual && last == usual ? null : (first, last);
        }

        return null;
    }

    private int FirstHead(int kvHead) => kvHead * _shape.GroupSize;

    private static long* DocumentsOf(AuxiliaryTensor? tensor, NativeBuffer? ids, int batch, int rows) =>
        ids is null ? null : (long*)ids.Pointer + (tensor!.Shape.Batch == 1 ? 0 : (long)batch * rows);

    /// <summary>An id for each row, of each batch entry that has its own.</summary>
    private NativeBuffer Documents(
        AuxiliaryTensor tensor, int rows, Func<AuxiliaryTensor, TensorBytes> open, CancellationToken cancellationToken)
    {
        NativeBuffer read = Integers(tensor, open, cancellationToken);
        if (!tensor.AreLengths)
            return read;
        using NativeBuffer lengths = read;
        int documents = tensor.Shape.Rows;
        var ids = new NativeBuffer(sizeof(long) * (long)tensor.Shape.Batch * rows);
        _documentRefusal ??= DocumentLengths.Check(tensor, new ReadOnlySpan<long>((long*)lengths.Pointer, documents * tensor.Shape.Batch),
            rows);
        for (int batch = 0; batch < tensor.Shape.Batch && _documentRefusal is null; batch++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            DocumentLengths.Expand(
                new ReadOnlySpan<long>((long*)lengths.Pointer + ((long)batch * documents), documents), 0,
                    new Span<long>((long*)ids.Pointer + ((long)batch * rows), rows));
        }

        return ids;
    }

    private static NativeBuffer Integers(
        AuxiliaryTensor tensor, Func<AuxiliaryTensor, TensorBytes> open, CancellationToken cancellationToken)
    {
        TensorBytes bytes = open(tensor);
        (long count, int size) = (tensor.Shape.ElementCount, tensor.Type.ByteSize());
        using var piece = new NativeBuffer(Math.Min(IntegersAtOnce, count) * size);
        var integers = new NativeBuffer(count * sizeof(long));
        try
        {
            for (long done = 0; done < count; done += IntegersAtOnce)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int some = (int)Math.Min(IntegersAtOnce, count - done);
                bytes.Read(done * size, piece.Slice(0, some * size));
                tensor.Type.ToInt64(piece.Pointer, (long*)integers.Pointer + done, some);
            }

            return integers;
        }
        catch
        {
            integers.Dispose();
            throw;
        }
    }

    private static float[] Numbers(AuxiliaryTensor tensor, Func<AuxiliaryTensor, TensorBytes> open)
    {
        using NativeBuffer bytes = open(tensor).ToNative();
        float[] numbers = new float[tensor.Shape.ElementCount];
        tensor.Type.ToSingle(new ReadOnlySpan<byte>(bytes.Pointer, (int)tensor.ByteLength), numbers);
        return numbers;
    }
}
