using System.Runtime.InteropServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// What one task needs of the tensors beside Q, K and V, in native memory that kernels can read: rows begin with a whole vector.
/// </summary>
internal sealed unsafe class TaskTensors : IDisposable
{
    private readonly AuxiliarySlice _slice;
    private readonly NativeBuffer? _documents;
    private NativeBuffer? _positions;
    private LargeElements _large;
    private readonly NativeBuffer? _mask;
    private readonly NativeBuffer? _blocks;
    private readonly NativeBuffer? _slopes;

    /// <summary>Room for what a task needs.</summary>
    /// <param name="slice">Which task.</param>
    public TaskTensors(AuxiliarySlice slice)
    {
        _slice = slice;
        _documents = slice.Auxiliary.QueryDocuments is null ? null : new NativeBuffer(sizeof(long) * ((long)slice.Rows + slice.Keys));
        _mask = slice.Auxiliary.Mask is null ? null : Cleared(slice.MaskBytes);
        _blocks = slice.Auxiliary.Blocks is null ? null : Cleared(slice.BlockBytes);
        _slopes = slice.Auxiliary.Slopes is null ? null : new NativeBuffer(sizeof(float) * (long)slice.Heads);
    }

    /// <summary>Takes rows of a tensor, of the part that <see cref="AuxiliarySlice.PartOf"/> names.</summary>
    /// <param name="role">The tensor's.</param>
    /// <param name="head">Counted from the first head of the part.</param>
    /// <param name="row">The first row, counted from the first of the part.</param>
    /// <param name="elements">Whole rows of the part, in the tensor's type.</param>
    public void Set(AuxiliaryRole role, int head, int row, ReadOnlySpan<byte> elements)
    {
        switch (role)
        {
            case AuxiliaryRole.Mask:
                SetMask(head, row, elements);
                break;
            case AuxiliaryRole.Blocks:
                SetBlocks(head, row, elements);
                break;
            case AuxiliaryRole.QueryDocuments:
                SetRowDocuments(row, elements);
                break;
            case AuxiliaryRole.KeyDocuments:
                SetKeyDocuments(row, elements);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(role), role, "no task pulls it");
        }
    }

    /// <summary>Takes the lengths of all documents, where their tensor has those.</summary>
    public void SetLengths(AuxiliaryRole role, ReadOnlySpan<long> lengths)
    {
        if (role == AuxiliaryRole.QueryDocuments)
            SetRowDocumentLengths(lengths);
        else
            SetKeyDocumentLengths(lengths);
    }

    /// <summary>Takes the documents of query rows.</summary>
    /// <param name="first">The first row, counted from the task's first.</param>
    /// <param name="elements">Integers of the tensor's type.</param>
    public void SetRowDocuments(int first, ReadOnlySpan<byte> elements) =>
        SetDocuments(_slice.Auxiliary.QueryDocuments!.Type, first, elements);

    /// <summary>Takes the documents of keys.</summary>
    /// <param name="first">The first key, counted from the task's first.</param>
    /// <param name="elements">Integers of the tensor's type.</param>
    public void SetKeyDocuments(int first, ReadOnlySpan<byte> elements) =>
        SetDocuments(_slice.Auxiliary.KeyDocuments!.Type, _slice.Rows + first, elements);

    /// <summary>Takes the lengths of all documents, instead of <see cref="SetRowDocuments"/>.</summary>
    public void SetRowDocumentLengths(ReadOnlySpan<long> lengths) =>
        DocumentLengths.Expand(lengths, _slice.FirstRow, new Span<long>((long*)_documents!.Pointer, _slice.Rows));

    /// <summary>Takes the lengths of all documents, instead of <see cref="SetKeyDocuments"/>.</summary>
    public void SetKeyDocumentLengths(ReadOnlySpan<long> lengths) =>
        DocumentLengths.Expand(lengths, _slice.FirstKey, new Span<long>((long*)_documents!.Pointer + _slice.Rows, _slice.Keys));

    /// <summary>
    /// Takes where the rows stand, where that follows from their documents: for runs of rows, how far from their numbers.
    /// </summary>
    /// <param name="rows">Rows of each run; together the task's.</param>
    /// <param name="offsets">One for each run.</param>
    /// <exception cref="ArgumentException">The runs are not those of the task's rows.</exception>
    public void SetPositions(IReadOnlyList<int> rows, IReadOnlyList<long> offsets)
    {
        if (rows.Count != offsets.Count || rows.Any(count => count < 1) || rows.Sum(count => (long)count) != _slice.Rows)
            throw new ArgumentException($"positions of {rows.Sum(count => (long)count)} rows for a task of {_slice.Rows}", nameof(rows));
        _positions = new NativeBuffer(sizeof(long) * (long)_slice.Rows);
        for (int run = 0, row = 0; run < rows.Count; run++)
        {
            for (int end = row + rows[run]; row < end; row++)
                ((long*)_positions.Pointer)[row] = _slice.FirstRow + row + offsets[run];
        }
    }

    /// <summary>Takes rows of the mask.</summary>
    /// <param name="head">Counted from the group's first head; 0 when all heads have the same.</param>
    /// <param name="row">The first row, counted from the task's first; 0 when all rows have the same.</param>
    /// <param name="elements">Whole rows, of the task's keys, or of one element where all keys have the same.</param>
    public void SetMask(int head, int row, ReadOnlySpan<byte> elements)
    {
        ElementType type = _slice.Auxiliary.Mask!.Type;
        int bytes = _slice.MaskColumns * type.ByteSize(), stored = _slice.MaskType.ByteSize();
        for (; elements.Length > 0; elements = elements[bytes..], row++)
        {
            long at = ((((long)head * _slice.MaskRows) + row) * _slice.MaskStride) * stored;
            Span<byte> destination = _mask!.Slice(at, _slice.Keys * stored);
            ReadOnlySpan<byte> source = elements[..bytes];
            if (type == ElementType.Float64)
                type.ToSingle(source, MemoryMarshal.Cast<byte, float>(destination));
            else
                source.CopyTo(destination);

            if (_slice.MaskType != ElementType.Boolean && !(_large.Any && _large.Positive))
                _large = _large.And(LargeElements.Of(_slice.MaskType, destination[..(_slice.MaskColumns * stored)]));

            // Kernels add whole vectors: an element that stands for all keys is written out.
            if (_slice.MaskColumns == 1)
            {
                for (int filled = stored; filled < destination.Length; filled *= 2)
                    destination[..Math.Min(filled, destination.Length - filled)].CopyTo(destination[filled..]);
            }
        }
    }

    /// <summary>Takes rows of the block mask.</summary>
    /// <param name="head">Counted from the group's first head; 0 when all heads have the same.</param>
    /// <param name="row">The first row of blocks, counted from the task's first; 0 when all have the same.</param>
    /// <param name="elements">Whole rows, of the task's blocks of keys, or of one element where all have the same.</param>
    public void SetBlocks(int head, int row, ReadOnlySpan<byte> elements)
    {
        for (; elements.Length > 0; elements = elements[_slice.BlockColumns..], row++)
            elements[.._slice.BlockColumns].CopyTo(
                _blocks!.Slice((((long)head * _slice.BlockRows) + row) * _slice.BlockColumns, _slice.BlockColumns));
    }

    /// <summary>Takes the slopes of ALiBi of the group's heads.</summary>
    public void SetSlopes(ReadOnlySpan<float> slopes) => slopes[.._slice.Heads].CopyTo(_slopes!.FloatSpan(0, _slice.Heads));

    /// <summary>Puts what is behind pointers to the mask of a task.</summary>
    public TaskMask Complete(in TaskMask mask) => mask with
    {
        RowPositions = Positions,
        RowDocuments = _documents is null ? null : (long*)_documents.Pointer,
        KeyDocuments = _documents is null ? null : (long*)_documents.Pointer + _slice.Rows,
        Elements = MaskElements,
        Blocks = _blocks is null ? default : new BlockElements(
            new MaskElements(
                _blocks.Pointer, ElementType.Boolean,
                _slice.Auxiliary.Blocks!.Shape.Heads == 1 ? 0 : (long)_slice.BlockRows * _slice.BlockColumns,
                _slice.Auxiliary.Blocks.Shape.Rows == 1 ? 0 : _slice.BlockColumns, _slice.Auxiliary.Blocks.Shape.Width == 1 ? 0 : 1),
            _slice.Block.Rows, _slice.Block.Keys, _slice.FirstRow, _slice.FirstKey),
    };

    /// <summary>Puts what is behind pointers to the bias of a task.</summary>
    public ScoreModifier Complete(in ScoreModifier bias) =>
        bias with { Elements = MaskElements, Slopes = _slopes is null ? null : _slopes.Floats, RowPositions = Positions, Large = _large };

    /// <inheritdoc/>
    public void Dispose()
    {
        _documents?.Dispose();
        _positions?.Dispose();
        _mask?.Dispose();
        _blocks?.Dispose();
        _slopes?.Dispose();
    }

    private long* Positions => _positions is null ? null : (long*)_positions.Pointer;

    private MaskElements MaskElements => _mask is null ? default : new MaskElements(
        _mask.Pointer, _slice.MaskType, _slice.Auxiliary.Mask!.Shape.Heads == 1 ? 0 : (long)_slice.MaskRows * _slice.MaskStride,
        _slice.Auxiliary.Mask.Shape.Rows == 1 ? 0 : _slice.MaskStride);

    private void SetDocuments(ElementType type, int first, ReadOnlySpan<byte> elements)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, _slice.Rows + _slice.Keys);
        type.ToInt64(elements, new Span<long>((long*)_documents!.Pointer + first, _slice.Rows + _slice.Keys - first));
    }

    private static NativeBuffer Cleared(long bytes)
    {
        var buffer = new NativeBuffer(bytes);
        buffer.Clear();
        return buffer;
    }
}
