using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Masks;

/// <summary>
/// The elements of a mask tensor that is too large to be held in memory: reads those of the tile that is asked for, and of keys behind it,
/// which are mostly asked for next. For one KV head's group, and one thread.
/// </summary>
/// <param name="tensor">The tensor.</param>
/// <param name="bytes">Its bytes.</param>
/// <param name="batch">The batch entry.</param>
/// <param name="firstHead">The group's first query head.</param>
/// <param name="windowBytes">Bytes that are read at a time, if the tile itself has no more.</param>
internal sealed unsafe class MaskReader(AuxiliaryTensor tensor, TensorBytes bytes, int batch, int firstHead, int windowBytes)
{
    /// <summary>Pinned, because elements are behind a pointer.</summary>
    private byte[] _window = [];
    private int _head = -1;
    private (int Start, int End) _rows;
    private (int Start, int End) _keys;
    private MaskElements _elements;

    /// <summary>The elements, numbered as in the whole tensor, of which those of a tile are there until the next call.</summary>
    /// <param name="head">The query head, within its group.</param>
    /// <param name="row">The tile's first row.</param>
    /// <param name="rows">How many; at least 1.</param>
    /// <param name="key">The tile's first key.</param>
    /// <param name="keys">How many; at least 1.</param>
    /// <exception cref="TensorFormatException">The file has become shorter since it was opened.</exception>
    internal MaskElements At(int head, int row, int rows, int key, int keys)
    {
        TensorShape axes = tensor.Shape;
        int tensorHead = axes.Heads == 1 ? 0 : firstHead + head;
        (int Start, int End) wantedRows = axes.Rows == 1 ? (0, 1) : (row, row + rows);
        (int Start, int End) wantedKeys = axes.Width == 1 ? (0, 1) : (key, key + keys);
        if (tensorHead != _head || !Holds(_rows, wantedRows) || !Holds(_keys, wantedKeys))
            Load(tensorHead, wantedRows, wantedKeys);
        return _elements;
    }

    private static bool Holds((int Start, int End) held, (int Start, int End) wanted) => held.Start <= wanted.Start
        && wanted.End <= held.End;

    private void Load(int head, (int Start, int End) rows, (int Start, int End) keys)
    {
        TensorShape axes = tensor.Shape;
        int size = tensor.Type.ByteSize(), count = rows.End - rows.Start;
        int end = Math.Max(keys.End, (int)Math.Min(axes.Width, keys.Start + ((long)windowBytes / (count * size))));
        int columns = end - keys.Start;
        if (_window.Length < count * columns * size)
            _window = GC.AllocateUninitializedArray<byte>(count * columns * size, pinned: true);
        _head = -1;
        long first = ((((((axes.Batch == 1 ? 0L : batch) * axes.Heads) + head) * axes.Rows) + rows.Start) * axes.Width) + keys.Start;
        bool isOneRun = columns == axes.Width;
        for (int row = 0; row < (isOneRun ? 1 : count); row++)
            bytes.Read((first + ((long)row * axes.Width)) * size,
                _window.AsSpan(row * columns * size, (isOneRun ? count : 1) * columns * size));

        // The address that the tensor's first element would have if the window were part of the whole tensor.
        byte* origin = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_window)) - (
            (((long)rows.Start * columns) + keys.Start) * size);
        _elements = new MaskElements(origin, tensor.Type, 0, axes.Rows == 1 ? 0 : columns, axes.Width == 1 ? 0 : 1);
        (_head, _rows, _keys) = (head, rows, (keys.Start, end));
    }
}
