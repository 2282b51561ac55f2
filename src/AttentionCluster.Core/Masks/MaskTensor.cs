using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// A mask tensor of a job where its plan is made and its result is checked: held in memory when it is small, else read where it is looked
/// at.
/// </summary>
internal sealed unsafe class MaskTensor : IDisposable
{
    /// <summary>Bytes up to which a tensor is held: what a gateway can spare for each of the jobs that it plans.</summary>
    internal const long HeldBytesMax = 16L << 20;

    private readonly AuxiliaryTensor _tensor;
    private readonly TensorBytes _bytes;
    private readonly NativeBuffer? _held;

    /// <exception cref="TensorFormatException">The file has become shorter since it was opened.</exception>
    internal MaskTensor(AuxiliaryTensor tensor, TensorBytes bytes)
    {
        (_tensor, _bytes) = (tensor, bytes);
        _held = bytes.ByteLength <= HeldBytesMax ? bytes.ToNative() : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _held?.Dispose();

    /// <summary>All elements for the group of a KV head; absent when they are not held.</summary>
    /// <param name="batch">The batch entry.</param>
    /// <param name="firstHead">The group's first query head.</param>
    internal MaskElements Held(int batch, int firstHead)
    {
        if (_held is null)
            return default;
        TensorShape axes = _tensor.Shape;
        long headStride = axes.Heads == 1 ? 0 : (long)axes.Rows * axes.Width;
        long first = ((axes.Batch == 1 ? 0 : (long)batch) * axes.Heads * axes.Rows * axes.Width) + (firstHead * headStride);
        return new MaskElements(
            _held.Pointer + (first * _tensor.Type.ByteSize()), _tensor.Type, headStride, axes.Rows == 1 ? 0 : axes.Width, axes.Width == 1
                ? 0 : 1);
    }

    /// <summary>Reads the elements for the group of a KV head; null when they are held.</summary>
    /// <param name="batch">The batch entry.</param>
    /// <param name="firstHead">The group's first query head.</param>
    /// <param name="windowBytes">Bytes that are read at a time.</param>
    internal MaskReader? Reader(int batch, int firstHead, int windowBytes) =>
        _held is null ? new MaskReader(_tensor, _bytes, batch, firstHead, windowBytes) : null;
}
