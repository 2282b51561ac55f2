using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Attention;

/// <summary>What one auxiliary tensor may be: its name in a file, its types and axes, and what a task needs of it.</summary>
/// <param name="name">In a file, in a record and in the message of a task: snake case.</param>
/// <param name="role">What it is for.</param>
/// <param name="types">The types that its elements may have.</param>
/// <param name="axes">Its axes, for people.</param>
/// <param name="wantedAxes">The lengths of its axes for a job, given the length that the last one has.</param>
internal sealed class AuxiliaryTensorDescriptor(
    string name, AuxiliaryRole role, IReadOnlyList<ElementType> types, string axes,
    Func<AttentionShape, AttentionOptions, long, long[]> wantedAxes)
{
    /// <summary>Its name in a file, in a record and in the message of a task: snake case.</summary>
    public string Name => name;

    /// <summary>The option that names a file for it, behind two hyphens: kebab case.</summary>
    public string CommandLineName { get; } = name.Replace('_', '-');

    /// <summary>What it is for.</summary>
    public AuxiliaryRole Role => role;

    /// <summary>Its axes, for people.</summary>
    public string Axes => axes;

    /// <summary>For people: a sentence without a full stop.</summary>
    public required string Description { get; init; }

    /// <summary>What a task needs of it.</summary>
    public TaskPart Part { get; init; }

    /// <summary>Whether an axis of 1 stands for any length, and leading axes may be left out.</summary>
    public bool Broadcasts { get; init; }

    /// <summary>The tensor without which it means nothing; null when it stands alone.</summary>
    public string? Companion { get; init; }

    /// <summary>Whether workers pull their parts of it.</summary>
    public bool IsPulled => Part is not (TaskPart.None or TaskPart.Heads);

    /// <summary>Checks the type and the axes of one in a file.</summary>
    /// <param name="entry">The tensor, of this name.</param>
    /// <param name="shape">The job's.</param>
    /// <param name="options">The job's, each in its range.</param>
    /// <param name="origin">What the file is called in a reason.</param>
    /// <param name="refusal">What is wrong.</param>
    internal AuxiliaryTensor? Read(TensorEntry entry, AttentionShape shape, AttentionOptions options, string origin, out Refusal? refusal)
    {
        long[] wanted = wantedAxes(shape, options, entry.Dimensions.LastOrDefault());
        refusal =
            !types.Contains(entry.Type) ? new Refusal(
                ErrorCode.WrongType, $"{origin}: the tensor '{Name}' is of type {entry.Type}; wanted {string.Join(", ", types)}") :
            !Fits(entry.Dimensions.AsSpan(), wanted) ? new Refusal(
                ErrorCode.WrongShape,
                $"{origin}: the tensor '{Name}' has shape [{string.Join(", ", entry.Dimensions)}]; "
                    + $"wanted {(Broadcasts ? "one that broadcasts to " : "")}{Axes} = [{string.Join(", ", wanted)}]") :
            Broadcasts && entry.Dimensions[^1] * entry.Type.ByteSize() > int.MaxValue ? new Refusal(
                ErrorCode.WrongShape,
                $"{origin}: a row of the tensor '{Name}' has {entry.Dimensions[^1]} elements, more than {int.MaxValue} bytes; "
                    + "give it in a smaller type") :
            null;
        return refusal is null ? new AuxiliaryTensor(Name, entry.Type, ShapeOf(entry.Dimensions.AsSpan(), wanted.Length)) : null;
    }

    /// <summary>
    /// One number each for rows of a batch entry is read as <c>[B, 1, N, 1]</c>, and a list of numbers as <c>[1, 1, N, 1]</c>.
    /// </summary>
    private static TensorShape ShapeOf(ReadOnlySpan<long> dimensions, int rank)
    {
        Span<int> axes = stackalloc int[rank];
        axes.Fill(1);
        for (int i = 1; i <= dimensions.Length; i++)
            axes[^i] = (int)dimensions[^i];
        return rank switch
        {
            4 => new TensorShape(axes[0], axes[1], axes[2], axes[3]),
            2 => new TensorShape(axes[0], 1, axes[1], 1),
            _ => new TensorShape(1, 1, axes[0], 1),
        };
    }

    /// <summary>
    /// Whether the axes, from the last one on, are those wanted, or 1 where they may be broadcast. One sequence needs no batch axis.
    /// </summary>
    private bool Fits(ReadOnlySpan<long> found, long[] wanted)
    {
        if (found.Length > wanted.Length || (!Broadcasts && found.Length < wanted.Length && wanted[0] != 1) || found.Length == 0)
            return false;
        for (int i = 1; i <= found.Length; i++)
        {
            if (found[^i] != wanted[^i] && !(Broadcasts && found[^i] == 1))
                return false;
        }

        return Broadcasts || found.Length >= wanted.Length - 1;
    }
}
