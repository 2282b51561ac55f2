using System.Collections.Immutable;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Formats;

/// <summary>
/// Turns the elements of an array around whose first axis is the fastest, as Fortran, Julia and NumPy's transposed arrays have it, so that
/// the last one is. All else reads C order.
/// </summary>
internal static class FortranOrder
{
    /// <summary>Of one run of writes: a cache line.</summary>
    private const int RunBytes = 64;

    /// <summary>A copy in C order, which the caller owns.</summary>
    /// <param name="bytes">What holds the array.</param>
    /// <param name="tensor">Where, its axes, and a type of whole bytes.</param>
    /// <param name="bytesMax">The most that the copy may take.</param>
    /// <exception cref="TensorFormatException">It is longer, or the source has become shorter.</exception>
    public static MemoryBytes ToC(ByteSource bytes, OtherTensorEntry tensor, long bytesMax)
    {
        if (tensor.ByteLength > bytesMax)
        {
            throw new TensorFormatException(
                bytes.Path, tensor.ByteOffset, $"{tensor.ByteLength} bytes in Fortran order, which are turned around in memory",
                    $"at most {bytesMax}, or C order: save numpy.ascontiguousarray(x)");
        }

        _ = Dtypes.TryGetBits(tensor.Dtype, out int bits);
        var turned = new NativeBuffer(tensor.ByteLength);
        try
        {
            switch (bits)
            {
                case 8:
                    Turn<byte>(bytes, tensor, turned);
                    break;
                case 16:
                    Turn<ushort>(bytes, tensor, turned);
                    break;
                case 32:
                    Turn<uint>(bytes, tensor, turned);
                    break;
                default:
                    Turn<ulong>(bytes, tensor, turned);
                    break;
            }

            return new MemoryBytes(bytes.Path, turned);
        }
        catch
        {
            turned.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The last axis is the slowest in the source and the fastest in the copy: for as many of its steps as fill a cache line, all that lies
    /// below them is read, and written in runs of that length.
    /// </summary>
    private static unsafe void Turn<T>(ByteSource bytes, OtherTensorEntry tensor, NativeBuffer turned)
        where T : unmanaged
    {
        ImmutableArray<long> shape = tensor.Dimensions;
        long last = shape[^1], slab = tensor.ByteLength / sizeof(T) / last;
        long stepsAtOnce = Math.Min(last, RunBytes / sizeof(T));
        using var slabs = new NativeBuffer(stepsAtOnce * slab * sizeof(T));
        for (long step = 0; step < last; step += stepsAtOnce)
        {
            long steps = Math.Min(stepsAtOnce, last - step);
            Read(bytes, tensor.ByteOffset + (step * slab * sizeof(T)), slabs, steps * slab * sizeof(T));
            Scatter((T*)slabs.Pointer, (T*)turned.Pointer + step, shape, slab, steps);
        }
    }

    /// <summary>Writes some steps of the last axis.</summary>
    /// <param name="from">One slab after the other.</param>
    /// <param name="to">Where the first of these steps goes, at the beginning of all other axes.</param>
    /// <param name="shape">All axes.</param>
    /// <param name="slab">Elements of one step.</param>
    /// <param name="steps">How many.</param>
    private static unsafe void Scatter<T>(T* from, T* to, ImmutableArray<long> shape, long slab, long steps)
        where T : unmanaged
    {
        int axes = shape.Length - 1;
        Span<long> index = stackalloc long[axes], stride = stackalloc long[axes];
        long below = shape[^1];
        for (int axis = axes - 1; axis >= 0; axis--)
        {
            stride[axis] = below;
            below *= shape[axis];
        }

        index.Clear();
        T* row = to;
        for (long element = 0; element < slab; element++)
        {
            for (long step = 0; step < steps; step++)
                row[step] = from[(step * slab) + element];

            // The next one: the first axis is the fastest.
            for (int axis = 0; axis < axes; axis++)
            {
                row += stride[axis];
                if (++index[axis] < shape[axis])
                    break;
                row -= shape[axis] * stride[axis];
                index[axis] = 0;
            }
        }
    }

    private static void Read(ByteSource bytes, long offset, NativeBuffer destination, long length)
    {
        const int pieceMax = 1 << 30;
        for (long done = 0; done < length; done += pieceMax)
            bytes.Read(offset + done, destination.Slice(done, (int)Math.Min(pieceMax, length - done)));
    }
}
