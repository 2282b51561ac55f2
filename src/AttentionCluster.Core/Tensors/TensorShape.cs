namespace AttentionCluster.Core.Tensors;

/// <summary>
/// The shape of one tensor of a job, always seen as <c>[batch, heads, rows, width]</c>; <see cref="Rank"/> keeps how the
/// user wrote it (rank 3 has no batch axis, rank 2 neither batch nor heads).
/// </summary>
public readonly record struct TensorShape(int Batch, int Heads, int Rows, int Width, int Rank = 4)
{
    /// <summary>Elements of the whole tensor.</summary>
    public long ElementCount => (long)Batch * Heads * Rows * Width;

    /// <summary>The index of the first element of a row.</summary>
    public long RowOffset(int batch, int head, int row) => (((long)batch * Heads + head) * Rows + row) * Width;

    /// <summary>The axes as the user wrote them: <see cref="Rank"/> numbers.</summary>
    public int[] ToDimensions() => Rank switch
    {
        2 => [Rows, Width],
        3 => [Heads, Rows, Width],
        _ => [Batch, Heads, Rows, Width],
    };

    /// <summary>Reads 2, 3 or 4 axes.</summary>
    /// <returns>False, with the reason, when there are more or fewer axes, or one is below 1 or above 2^31 - 1.</returns>
    public static bool TryCreate(ReadOnlySpan<long> dimensions, out TensorShape shape, out string reason)
    {
        shape = default;
        string written = $"[{string.Join(", ", dimensions.ToArray())}]";
        if (dimensions.Length is < 2 or > 4)
        {
            reason = $"has shape {written}: wanted [rows, width], [heads, rows, width] or [batch, heads, rows, width]";
            return false;
        }

        foreach (long axis in dimensions)
        {
            if (axis is < 1 or > int.MaxValue)
            {
                reason = $"has shape {written}: every axis must be from 1 to {int.MaxValue}";
                return false;
            }
        }

        int at = dimensions.Length;
        shape = new TensorShape(
            at == 4 ? (int)dimensions[0] : 1,
            at >= 3 ? (int)dimensions[at - 3] : 1,
            (int)dimensions[at - 2],
            (int)dimensions[at - 1],
            at);
        reason = "";
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", ToDimensions())}]";
}
