using System.Globalization;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Checking;

/// <summary>An element of a job's input that is a NaN or an infinity, at a place that the result depends on.</summary>
/// <param name="Tensor"><c>q</c>, <c>k</c> or <c>v</c>.</param>
/// <param name="Number">What it is as float32, in which everything is computed.</param>
/// <param name="Position">Its indices, in the axes of the tensor as the user wrote it.</param>
internal sealed record NonFiniteElement(string Tensor, float Number, IReadOnlyList<int> Position)
{
    /// <summary>The first of a row.</summary>
    /// <param name="tensor">The tensor's name.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="row">The row, counted over all heads.</param>
    /// <param name="elements">The row's elements.</param>
    /// <returns>Null when there is none.</returns>
    public static NonFiniteElement? FirstOf(string tensor, TensorShape shape, long row, ReadOnlySpan<float> elements)
    {
        for (int column = 0; column < elements.Length; column++)
        {
            if (float.IsFinite(elements[column]))
                continue;
            long head = row / shape.Rows;
            int[] position = [(int)(head / shape.Heads), (int)(head % shape.Heads), (int)(row % shape.Rows), column];
            return new NonFiniteElement(tensor, elements[column], position[^shape.Rank..]);
        }

        return null;
    }

    /// <summary>What is said of the first one of each tensor that has some.</summary>
    /// <param name="first">At least one.</param>
    public static string Describe(IReadOnlyList<NonFiniteElement> first) => first.Count == 1
        ? $"{first[0]}"
        : $"{first[0]}; {first.Count} tensors have some: {string.Join(", ", first.Select(element => element.Tensor))}";

    /// <summary>Such as <c>k has NaN at [0,2,17,5]</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Tensor} has {Number} at [{string.Join(',', Position)}]");
}
