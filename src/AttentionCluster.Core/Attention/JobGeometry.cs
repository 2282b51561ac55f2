using System.Numerics;
using AttentionCluster.Core.Numerics;

namespace AttentionCluster.Core.Attention;

/// <summary>
/// How a job is cut: keys into segments, query rows into blocks. It follows from the shape, the options and the headers of the auxiliary
/// tensors alone, so that no cluster, core count or clock can decide bits.
/// </summary>
/// <param name="Shape">The job's shape.</param>
/// <param name="KeysPerSegment">Keys of a segment; the last one may have fewer.</param>
/// <param name="RowsPerBlock">Query rows of a block; the last one of a head may have fewer.</param>
internal sealed record JobGeometry(AttentionShape Shape, int KeysPerSegment, int RowsPerBlock)
{
    /// <summary>Keys of a segment unless the user chooses, or a window is narrow: 16 MiB of K and V at D = 128.</summary>
    public const int KeysPerSegmentDefault = 16_384;

    /// <summary>The most rows of a block that is not chosen by the user.</summary>
    public const int RowsPerBlockDefault = 1_024;

    /// <summary>The fewest keys of a segment that is not chosen by the user.</summary>
    private const int KeysPerSegmentLeast = 2_048;

    /// <summary>A segment has room for so many windows, at least: then few blocks meet two.</summary>
    private const int WindowsPerSegment = 4;

    /// <summary>Below this many tasks blocks are smaller, so that a small job can still be shared out.</summary>
    private const int TasksWanted = 64;

    /// <summary>Blocks are smaller while a task's part of a mask takes more than so many bytes.</summary>
    private const long AuxiliaryBytesWanted = 32L << 20;

    /// <summary>Segments of one KV head.</summary>
    public int SegmentCount { get; } = IntegerMath.DivideUp(Shape.Keys, KeysPerSegment);

    /// <summary>Query blocks of one KV head.</summary>
    public int BlocksPerHead { get; } = IntegerMath.DivideUp(Shape.QueryRows, RowsPerBlock);

    /// <summary>Query blocks of the whole job.</summary>
    public int BlockCount => checked(Shape.Batch * Shape.KvHeads * BlocksPerHead);

    /// <summary>The keys of a segment.</summary>
    public KeyRange SegmentKeys(int segment) =>
        new(segment * KeysPerSegment, (int)Math.Min((segment + 1L) * KeysPerSegment, Shape.Keys));

    /// <summary>Cuts a job as its options say, and where they are silent as it suits the shape.</summary>
    /// <param name="shape">The job's shape.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="auxiliary">The tensors beside Q, K and V.</param>
    public static JobGeometry Of(AttentionShape shape, AttentionOptions options, AuxiliaryLayout auxiliary)
    {
        int keysPerSegment = options.KeysPerSegment ?? ChooseKeysPerSegment(options);
        int rowsPerBlock = options.RowsPerBlock ?? ChooseRowsPerBlock(shape, keysPerSegment, auxiliary);
        return new JobGeometry(shape, keysPerSegment, Math.Min(rowsPerBlock, shape.QueryRows));
    }

    /// <summary>Bytes at a worker of a task's part of the auxiliary tensors.</summary>
    internal static long AuxiliaryBytes(AttentionShape shape, AuxiliaryLayout auxiliary, int rows, int keys, (int Rows, int Keys) block) =>
        new AuxiliarySlice(auxiliary, shape.GroupSize, 0, rows, 0, Math.Min(keys, shape.Keys), block).ByteLength;

    /// <summary>
    /// Behind a narrow window little is computed with a segment: smaller ones are loaded while others compute, and none is waited for. 131
    /// 072 rows with a window of 1 024 kept the threads busy 0.86 of the time with segments of 4 096 keys, and 0.78 with those of 16 384.
    /// </summary>
    private static int ChooseKeysPerSegment(AttentionOptions options)
    {
        (long left, long right) = options.Window;
        right = options.Causal ? 0 : right;
        if (left < 0 || right < 0)
            return KeysPerSegmentDefault;
        long wanted = Math.Clamp((left + right + 1) * WindowsPerSegment, KeysPerSegmentLeast, KeysPerSegmentDefault);
        return (int)BitOperations.RoundUpToPowerOf2((ulong)wanted);
    }

    private static int ChooseRowsPerBlock(AttentionShape shape, int keysPerSegment, AuxiliaryLayout auxiliary)
    {
        long segments = IntegerMath.DivideUp(shape.Keys, keysPerSegment);
        int rows = RowsPerBlockDefault;
        while (rows > TileGeometry.Rows
            && (double)shape.Batch * shape.KvHeads * segments * IntegerMath.DivideUp(shape.QueryRows, rows) < TasksWanted)
        {
            rows = Math.Max(TileGeometry.Rows, rows / 2);
        }

        while (rows > TileGeometry.Rows
            && AuxiliaryBytes(shape, auxiliary, rows, keysPerSegment, (int.MaxValue, int.MaxValue)) > AuxiliaryBytesWanted)
            rows = Math.Max(TileGeometry.Rows, rows / 2);

        return rows;
    }
}
