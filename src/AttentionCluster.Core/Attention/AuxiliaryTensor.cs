using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>A tensor beside Q, K and V, as its header describes it.</summary>
/// <param name="Name">Its name in a file.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Its axes, read as <c>[batch, heads, rows, width]</c> where 1 stands for all; see <see cref="AuxiliaryLayout"/> for each name.</param>
public sealed record AuxiliaryTensor(string Name, ElementType Type, TensorShape Shape)
{
    /// <summary>Bytes of all its elements.</summary>
    public long ByteLength => Shape.ElementCount * Type.ByteSize();
}
