using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>Which part of the tensors beside Q, K and V one task needs.</summary>
/// <param name="Auxiliary">The tensors.</param>
/// <param name="Heads">Query heads of the group.</param>
/// <param name="FirstRow">The first query row.</param>
/// <param name="Rows">Query rows.</param>
/// <param name="FirstKey">The first key.</param>
/// <param name="Keys">Keys.</param>
/// <param name="Block">The sides of what an element of the block mask stands for.</param>
internal sealed record AuxiliarySlice(
    AuxiliaryLayout Auxiliary, int Heads, int FirstRow, int Rows, int FirstKey, int Keys, (int Rows, int Keys) Block)
{
    /// <summary>Bytes that it takes in memory.</summary>
    public long ByteLength => MaskBytes + BlockBytes
        + (Auxiliary.QueryDocuments is null ? 0 : sizeof(long) * ((2L * Rows) + Keys))
        + (Auxiliary.Slopes is null ? 0 : sizeof(float) * (long)Heads);

    /// <summary>The type of mask elements in memory: float64 becomes float32.</summary>
    public ElementType MaskType => Auxiliary.Mask?.Type is { } type && type != ElementType.Float64 ? type : ElementType.Float32;

    /// <summary>Heads of the mask that the task needs.</summary>
    public int MaskHeads => Auxiliary.Mask?.Shape.Heads == 1 ? 1 : Heads;

    /// <summary>Rows of the mask that the task needs.</summary>
    public int MaskRows => Auxiliary.Mask?.Shape.Rows == 1 ? 1 : Rows;

    /// <summary>Elements of each as they are stored.</summary>
    public int MaskColumns => Auxiliary.Mask?.Shape.Width == 1 ? 1 : Keys;

    /// <summary>Heads of the block mask that the task needs.</summary>
    public int BlockHeads => Auxiliary.Blocks?.Shape.Heads == 1 ? 1 : Heads;

    /// <summary>The first row of blocks.</summary>
    public int FirstBlockRow => Auxiliary.Blocks?.Shape.Rows == 1 ? 0 : FirstRow / Block.Rows;

    /// <summary>Rows of blocks that the task needs.</summary>
    public int BlockRows => Auxiliary.Blocks?.Shape.Rows == 1 ? 1 : ((FirstRow + Rows - 1) / Block.Rows) - FirstBlockRow + 1;

    /// <summary>The first block of keys.</summary>
    public int FirstBlockColumn => Auxiliary.Blocks?.Shape.Width == 1 ? 0 : FirstKey / Block.Keys;

    /// <summary>Blocks of keys that the task needs.</summary>
    public int BlockColumns => Auxiliary.Blocks?.Shape.Width == 1 ? 1 : ((FirstKey + Keys - 1) / Block.Keys) - FirstBlockColumn + 1;

    /// <summary>Which rows of a tensor the task needs, and which bytes of each.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Tasks don't pull it.</exception>
    public TensorPart PartOf(AuxiliaryTensor tensor)
    {
        int size = tensor.Type.ByteSize();
        return tensor.Descriptor.Part switch
        {
            TaskPart.QueryRows => new TensorPart(1, FirstRow, Rows, 0, 0),
            TaskPart.Keys => new TensorPart(1, FirstKey, Keys, 0, 0),
            TaskPart.All => new TensorPart(1, 0, tensor.Shape.Rows, 0, 0),
            TaskPart.Tile => new TensorPart(
                MaskHeads, tensor.Shape.Rows == 1 ? 0 : FirstRow, MaskRows,
                tensor.Shape.Width == 1 ? 0 : FirstKey * size, MaskColumns * size),
            TaskPart.BlockTile => new TensorPart(BlockHeads, FirstBlockRow, BlockRows, FirstBlockColumn * size, BlockColumns * size),
            _ => throw new ArgumentOutOfRangeException(nameof(tensor), tensor.Name, "no task pulls it"),
        };
    }

    internal int MaskStride => TileGeometry.PadKeys(Keys);

    internal long MaskBytes => Auxiliary.Mask is null ? 0 : (long)MaskHeads * MaskRows * MaskStride * MaskType.ByteSize();

    internal long BlockBytes => Auxiliary.Blocks is null ? 0 : (long)BlockHeads * BlockRows * BlockColumns;
}
