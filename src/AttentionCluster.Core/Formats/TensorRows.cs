using System.Runtime.InteropServices;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>A tensor in a file as rows of float32, whatever its element type.</summary>
/// <param name="bytes">Its bytes; their file must outlive this and every head.</param>
/// <param name="type">Its element type.</param>
/// <param name="shape">Its shape.</param>
internal sealed class TensorRows(TensorBytes bytes, ElementType type, TensorShape shape)
{
    /// <summary>
    /// Read at a time when rows are asked for in their order: a tenth of the time per row that single reads take, and small enough not to
    /// count as a large object for the garbage collector.
    /// </summary>
    private const int WindowBytes = 64 << 10;

    /// <summary>How the elements are stored.</summary>
    public ElementType Type => type;

    /// <summary>The rows of one head, for one thread.</summary>
    public IRows Head(int batch, int head) => new HeadRows(bytes, type, shape, batch, head);

    private sealed class HeadRows(TensorBytes bytes, ElementType type, TensorShape shape, int batch, int head) : IRows
    {
        private readonly int _rowBytes = shape.Width * type.ByteSize();
        private readonly float[] _row = type == ElementType.Float32 ? [] : new float[shape.Width];
        private byte[] _window = [];
        private int _first;
        private int _count;

        /// <exception cref="TensorFormatException">The file has become shorter since it was opened.</exception>
        public ReadOnlySpan<float> Row(int index)
        {
            if (index < _first || index >= _first + _count)
                Load(index);
            ReadOnlySpan<byte> row = _window.AsSpan((index - _first) * _rowBytes, _rowBytes);
            if (type == ElementType.Float32)
                return MemoryMarshal.Cast<byte, float>(row);
            type.ToSingle(row, _row);
            return _row;
        }

        private void Load(int index)
        {
            bool isNext = _count > 0 && index == _first + _count;
            int count = isNext ? Math.Clamp(WindowBytes / _rowBytes, 1, shape.Rows - index) : 1;
            if (_window.Length < count * _rowBytes)
                _window = new byte[count * _rowBytes];
            _count = 0;
            bytes.Read(shape.RowOffset(batch, head, index) * type.ByteSize(), _window.AsSpan(0, count * _rowBytes));
            (_first, _count) = (index, count);
        }
    }
}
