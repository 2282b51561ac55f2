using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>A tensor beside Q, K and V, as its header describes it.</summary>
/// <param name="Name">Its name in a file: one of <see cref="AuxiliaryTensorCatalog"/>.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Its axes, read as <c>[batch, heads, rows, width]</c> where 1 stands for all.</param>
internal sealed record AuxiliaryTensor(string Name, ElementType Type, TensorShape Shape)
{
    /// <summary>What it may be, and what it is for.</summary>
    public AuxiliaryTensorDescriptor Descriptor { get; } =
        AuxiliaryTensorCatalog.Find(Name) ?? throw new ArgumentException($"there is no tensor {Name}", nameof(Name));

    /// <summary>Whether documents are given by their lengths, instead of an id for each row.</summary>
    public bool AreLengths => Descriptor.Part == TaskPart.All;

    /// <summary>Bytes of all its elements.</summary>
    public long ByteLength => Shape.ElementCount * Type.ByteSize();
}
