using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Core.Tests.Kernels;

/// <summary>O and the log-sum-exp of a whole job.</summary>
internal sealed record AttentionResult(AttentionShape Shape, float[] Output, float[] Lse)
{
    public static AttentionResult Of(AttentionShape shape) =>
        new(shape, new float[shape.Output.ElementCount], new float[shape.Output.ElementCount / shape.ValueWidth]);

    public Span<float> OutputRow(int batch, int head, int row) =>
        Output.AsSpan((int)Shape.Output.RowOffset(batch, head, row), Shape.ValueWidth);

    public ref float LseOf(int batch, int head, int row) =>
        ref Lse[(Shape.Output with { Width = 1 }).RowOffset(batch, head, row)];

    /// <summary>Its bits, to be compared.</summary>
    public string Sha256() => Convert.ToHexStringLower(SHA256.HashData(
        [.. MemoryMarshal.AsBytes(Output.AsSpan()), .. MemoryMarshal.AsBytes(Lse.AsSpan())]));

    /// <summary>Bits of one row's output and log-sum-exp.</summary>
    public int[] RowBits(int batch, int head, int row) =>
        [.. MemoryMarshal.Cast<float, int>(OutputRow(batch, head, row)), BitConverter.SingleToInt32Bits(LseOf(batch, head, row))];

    /// <summary>Every row of every head.</summary>
    public IEnumerable<(int Batch, int Head, int Row)> Rows =>
        from batch in Enumerable.Range(0, Shape.Batch)
        from head in Enumerable.Range(0, Shape.Query.Heads)
        from row in Enumerable.Range(0, Shape.QueryRows)
        select (batch, head, row);
}
