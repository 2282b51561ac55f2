namespace AttentionCluster.Core.Tensors;

/// <summary>Rows of float32, wherever they are: plain memory, a file of another type, or a packed segment.</summary>
public interface IRows
{
    /// <summary>One row; valid until the next call.</summary>
    ReadOnlySpan<float> Row(int index);
}
