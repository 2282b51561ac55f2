using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Conformance;

/// <summary>A tensor of an <see cref="OnnxCase"/>, with its heads before its rows. Booleans are 0 and 1.</summary>
internal sealed record OnnxTensor(ElementType Type, TensorShape Shape, float[] Numbers)
{
    /// <summary>Reads one, if it is there; three axes are <c>[batch, rows, heads x width]</c>, and fewer are the last ones.</summary>
    public static OnnxTensor? Find(TensorFile file, string name, int heads)
    {
        if (file.Find(name) is not { } entry)
            return null;
        byte[] bytes = new byte[entry.ByteLength];
        file.Read(entry, 0, bytes);
        float[] numbers = new float[bytes.Length / entry.Type.ByteSize()];
        if (entry.Type == ElementType.Boolean)
            numbers = Array.ConvertAll(bytes, one => (float)one);
        else
            entry.Type.ToSingle(bytes, numbers);
        int[] axes = [.. entry.Dimensions.Select(axis => (int)axis)];
        if (axes.Length == 3)
            return HeadsFirst(entry.Type, new TensorShape(axes[0], heads, axes[1], axes[2] / heads), numbers);
        axes = [.. Enumerable.Repeat(1, 4 - axes.Length), .. axes];
        return new(entry.Type, new TensorShape(axes[0], axes[1], axes[2], axes[3]), numbers);
    }

    /// <summary>Rows of <paramref name="more"/> after those of this, in every head.</summary>
    public OnnxTensor Append(OnnxTensor more) => Select(
        Shape with { Rows = Shape.Rows + more.Shape.Rows },
        (batch, head, row, column) => row < Shape.Rows ? At(batch, head, row, column) : more.At(batch, head, row - Shape.Rows, column));

    /// <summary>Some rows of every head.</summary>
    public OnnxTensor Rows(int start, int end) =>
        Select(Shape with { Rows = end - start }, (batch, head, row, column) => At(batch, head, start + row, column));

    /// <summary>Some columns of every row.</summary>
    public OnnxTensor Columns(int start, int end) =>
        Select(Shape with { Width = end - start }, (batch, head, row, column) => At(batch, head, row, start + column));

    /// <summary>A tensor of the same type, from its places.</summary>
    public OnnxTensor Select(TensorShape shape, Func<int, int, int, int, float> number) => new(Type, shape,
    [
        .. from batch in Enumerable.Range(0, shape.Batch)
           from head in Enumerable.Range(0, shape.Heads)
           from row in Enumerable.Range(0, shape.Rows)
           from column in Enumerable.Range(0, shape.Width)
           select number(batch, head, row, column),
    ]);

    /// <summary>The number at a place.</summary>
    public float At(int batch, int head, int row, int column) => Numbers[Shape.RowOffset(batch, head, row) + column];

    /// <summary>Its bytes in a file.</summary>
    public byte[] ToBytes()
    {
        if (Type == ElementType.Boolean)
            return Array.ConvertAll(Numbers, number => (byte)number);
        byte[] bytes = new byte[Numbers.Length * Type.ByteSize()];
        Type.FromSingle(Numbers, bytes);
        return bytes;
    }

    private static OnnxTensor HeadsFirst(ElementType type, TensorShape shape, float[] rowsFirst) => new OnnxTensor(type, shape, []).Select(
        shape, (batch, head, row, column) => rowsFirst[(((((batch * shape.Rows) + row) * shape.Heads) + head) * shape.Width) + column]);
}
