using AttentionCluster.Core.Formats;

namespace AttentionCluster.Core.Tensors;

/// <summary>A viewed tensor as rows of float32, whatever its element type.</summary>
/// <param name="view">Its bytes; must outlive this and every head.</param>
/// <param name="type">Its element type.</param>
/// <param name="shape">Its shape.</param>
public sealed class TensorRows(TensorView view, ElementType type, TensorShape shape)
{
    /// <summary>The tensor's shape.</summary>
    public TensorShape Shape => shape;

    /// <summary>How the elements are stored.</summary>
    public ElementType Type => type;

    /// <summary>The rows of one head, for one thread.</summary>
    public IRows Head(int batch, int head) => new HeadRows(view, type, shape, batch, head);

    private sealed unsafe class HeadRows(TensorView view, ElementType type, TensorShape shape, int batch, int head) : IRows
    {
        private readonly float[] _row = type == ElementType.Float32 ? [] : new float[shape.Width];

        public ReadOnlySpan<float> Row(int index)
        {
            byte* bytes = view.Pointer + (shape.RowOffset(batch, head, index) * type.ByteSize());
            if (type == ElementType.Float32)
                return new ReadOnlySpan<float>(bytes, shape.Width);
            type.ToSingle(new ReadOnlySpan<byte>(bytes, shape.Width * type.ByteSize()), _row);
            return _row;
        }
    }
}
