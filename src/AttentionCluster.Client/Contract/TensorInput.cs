using System.Runtime.InteropServices;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Numerics;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Client;

/// <summary>A tensor to be sent. Only its description is here: the bytes are read piece by piece while they go out.</summary>
/// <param name="Name"><c>q</c>, <c>k</c> or <c>v</c>, or another name that the server knows.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Dimensions">The axes, slowest first: <c>[rows, width]</c>, <c>[heads, rows, width]</c> or <c>[batch, heads, rows,
/// width]</c>.</param>
/// <param name="Read">Gives the bytes.</param>
public sealed record TensorInput(string Name, ElementType Type, IReadOnlyList<long> Dimensions, TensorReader Read)
{
    /// <summary>A tensor of an open npy, npz or safetensors file, which must stay open until the call has returned.</summary>
    /// <param name="name">Its name in the job.</param>
    /// <param name="file">The open file.</param>
    /// <param name="tensor">One of the file's entries.</param>
    public static TensorInput FromFile(string name, TensorFile file, TensorEntry tensor) =>
        new(name, tensor.Type, tensor.Dimensions, (byteOffset, destination) => file.Read(tensor, byteOffset, destination));

    /// <summary>Numbers in memory, in C order; they must stay as they are until the call has returned.</summary>
    /// <exception cref="ArgumentException">There are more or fewer numbers than the axes say.</exception>
    public static TensorInput FromMemory(string name, ReadOnlyMemory<float> numbers, params long[] dimensions)
    {
        long wanted = dimensions.Aggregate(1L, (product, axis) => checked(product * axis));
        if (numbers.Length != wanted)
            throw new ArgumentException($"{numbers.Length} numbers for [{string.Join(", ", dimensions)}], which has {wanted}",
                nameof(numbers));
        return new(
            name,
            ElementType.Float32,
            dimensions,
            (byteOffset, destination) => MemoryMarshal
                .AsBytes(numbers.Span.Slice((int)(byteOffset / sizeof(float)), destination.Length / sizeof(float)))
                .CopyTo(destination));
    }

    /// <summary>Rows of float32 wherever they are.</summary>
    /// <param name="name">Its name in the job.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="head">The rows of a batch entry and a head.</param>
    public static TensorInput FromRows(string name, TensorShape shape, Func<int, int, IRows> head) =>
        new(name, ElementType.Float32, Axes(shape), (byteOffset, destination) =>
            ReadRows(shape, head, byteOffset / sizeof(float), destination));

    /// <summary>Standard normal numbers, the same for the same seed, name and shape on every machine.</summary>
    public static TensorInput Random(string name, TensorShape shape, ulong seed) => new(
        name,
        ElementType.Float32,
        Axes(shape),
        (byteOffset, destination) => StandardNormal.Fill(
            seed, name, shape, byteOffset / sizeof(float), MemoryMarshal.Cast<byte, float>(destination)));

    private static long[] Axes(TensorShape shape) => Array.ConvertAll(shape.ToDimensions(), axis => (long)axis);

    private static void ReadRows(TensorShape shape, Func<int, int, IRows> head, long firstElement, Span<byte> destination)
    {
        (long row, int column) = (firstElement / shape.Width, (int)(firstElement % shape.Width));
        while (!destination.IsEmpty)
        {
            (int headOfAll, int rowOfHead) = ((int)(row / shape.Rows), (int)(row % shape.Rows));
            IRows rows = head(headOfAll / shape.Heads, headOfAll % shape.Heads);
            for (; rowOfHead < shape.Rows && !destination.IsEmpty; rowOfHead++, row++, column = 0)
            {
                ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(rows.Row(rowOfHead)[column..shape.Width]);
                bytes = bytes[..Math.Min(bytes.Length, destination.Length)];
                bytes.CopyTo(destination);
                destination = destination[bytes.Length..];
            }
        }
    }
}
