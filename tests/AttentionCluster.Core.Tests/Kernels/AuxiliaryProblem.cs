using System.Runtime.InteropServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Masks;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>Tensors beside Q, K and V, with what they mean read off their numbers without any code of the product.</summary>
internal sealed unsafe class AuxiliaryProblem : IDisposable
{
    private readonly Dictionary<string, byte[]> _bytes = [];
    private readonly List<TensorEntry> _entries = [];
    private readonly AttentionShape _shape;
    private readonly List<NativeBuffer> _buffers = [];

    private AuxiliaryProblem(AttentionShape shape) => _shape = shape;

    public AuxiliaryLayout Layout { get; private set; } = AuxiliaryLayout.None;

    public AuxiliaryTensors Tensors { get; private set; } = null!;

    /// <summary>Reads tensors given as a name, a type, axes and numbers.</summary>
    public static AuxiliaryProblem Of(AttentionShape shape, AttentionOptions options,
        params (string Name, ElementType Type, int[] Axes, double[] Numbers)[] tensors)
    {
        var auxiliary = new AuxiliaryProblem(shape);
        foreach ((string name, ElementType type, int[] axes, double[] numbers) in tensors)
        {
            byte[] bytes = ToBytes(type, numbers);
            auxiliary._bytes.Add(name, bytes);
            auxiliary._entries.Add(new TensorEntry(name, type, [.. axes.Select(axis => (long)axis)], 0, bytes.Length));
        }

        auxiliary.Layout = AuxiliaryLayout.Create(auxiliary._entries, shape, options, "test", out Refusal? refusal)
            ?? throw new InvalidOperationException(refusal!.Message);
        auxiliary.Tensors = AuxiliaryTensors.Open(auxiliary.Layout, shape, options, auxiliary.Open, out refusal)
            ?? throw new InvalidOperationException(refusal!.Message);
        return auxiliary;
    }

    /// <summary>Puts a task's part into a kernel's memory, as a worker does.</summary>
    public void Fill(TaskTensors task, AuxiliarySlice slice, int batch, int kvHead)
    {
        foreach (AuxiliaryTensor tensor in Layout.Tensors.Where(tensor => tensor.Descriptor.IsPulled))
        {
            if (tensor.AreLengths)
                task.SetLengths(tensor.Descriptor.Role, Lengths(tensor, batch));
            else
                SetPart(task, tensor, slice.PartOf(tensor), batch, kvHead);
        }

        if (Tensors.PositionsOf(batch) is { IsEmpty: false } positions)
        {
            long[] offsets = [.. positions.Slice(slice.FirstRow, slice.Rows).ToArray()
                .Select((position, row) => position - slice.FirstRow - row)];
            task.SetPositions([.. offsets.Select(_ => 1)], offsets);
        }

        if (Tensors.Slopes is { } slopes)
            task.SetSlopes(slopes.AsSpan(kvHead * _shape.GroupSize));
    }

    public void Dispose()
    {
        Tensors.Dispose();
        _buffers.ForEach(buffer => buffer.Dispose());
    }

    private void SetPart(TaskTensors task, AuxiliaryTensor tensor, TensorPart part, int batch, int kvHead)
    {
        int size = tensor.Type.ByteSize(), columns = part.ByteCount == 0 ? tensor.Shape.Width : part.ByteCount / size;
        for (int head = 0; head < part.Heads; head++)
        {
            for (int row = 0; row < part.Rows; row++)
            {
                long at = At(tensor, batch, kvHead, head, part.FirstRow + row, part.FirstByte / size);
                task.Set(tensor.Descriptor.Role, head, row, Bytes(tensor, at, columns));
            }
        }
    }

    private long At(AuxiliaryTensor tensor, int batch, int kvHead, int head, int row, int column)
    {
        TensorShape axes = tensor.Shape;
        int tensorHead = axes.Heads == 1 ? 0 : (kvHead * _shape.GroupSize) + head;
        return ((((((axes.Batch == 1 ? 0L : batch) * axes.Heads) + tensorHead) * axes.Rows) + row) * axes.Width) + column;
    }

    private long[] Lengths(AuxiliaryTensor tensor, int batch)
    {
        int documents = tensor.Shape.Rows;
        long[] lengths = new long[documents];
        tensor.Type.ToInt64(Bytes(tensor, tensor.Shape.Batch == 1 ? 0 : (long)batch * documents, documents), lengths);
        return lengths;
    }

    private ReadOnlySpan<byte> Bytes(AuxiliaryTensor tensor, long first, int count) =>
        _bytes[tensor.Name].AsSpan((int)(first * tensor.Type.ByteSize()), count * tensor.Type.ByteSize());

    private TensorBytes Open(AuxiliaryTensor tensor)
    {
        var buffer = new NativeBuffer(tensor.ByteLength);
        _bytes[tensor.Name].CopyTo(buffer.Slice(0, (int)tensor.ByteLength));
        _buffers.Add(buffer);
        return new TensorBytes(new MemoryBytes("test", buffer), 0, tensor.ByteLength);
    }

    private static byte[] ToBytes(ElementType type, double[] numbers)
    {
        byte[] bytes = new byte[numbers.Length * type.ByteSize()];
        switch (type)
        {
            case ElementType.Boolean:
                for (int i = 0; i < numbers.Length; i++)
                    bytes[i] = numbers[i] == 0 ? (byte)0 : (byte)1;
                break;
            case ElementType.Int32:
                MemoryMarshal.AsBytes(Array.ConvertAll(numbers, number => (int)number).AsSpan()).CopyTo(bytes);
                break;
            case ElementType.Int64:
                MemoryMarshal.AsBytes(Array.ConvertAll(numbers, number => (long)number).AsSpan()).CopyTo(bytes);
                break;
            case ElementType.Float64:
                MemoryMarshal.AsBytes(numbers.AsSpan()).CopyTo(bytes);
                break;
            default:
                type.FromSingle(Array.ConvertAll(numbers, number => (float)number), bytes);
                break;
        }

        return bytes;
    }
}
