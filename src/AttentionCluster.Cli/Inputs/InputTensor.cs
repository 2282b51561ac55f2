using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Inputs;

/// <summary>A tensor in an open file, with its axes read.</summary>
/// <param name="File">The open file.</param>
/// <param name="Entry">Where in it.</param>
/// <param name="Shape">The axes.</param>
internal sealed record InputTensor(TensorFile File, TensorEntry Entry, TensorShape Shape)
{
    /// <summary>Finds a tensor by name and reads its axes.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="name">The name. A file that was given for this tensor alone need not know it: see <paramref name="alone"/>.</param>
    /// <param name="alone">Whether the only tensor of a file is taken whatever its name is.</param>
    /// <param name="refusal">Why there is none.</param>
    public static InputTensor? Find(TensorFile file, string name, bool alone, out Refusal? refusal)
    {
        if (alone && file.Format == FileFormat.Npy)
            return FindOnly(file, name, out refusal);

        // The only tensor of a file is taken whatever its name is, and is told by the name that the job knows it by.
        TensorEntry? only = alone ? file.Only : null;
        TensorEntry? entry = InputTensors.Find(
            only is null ? file.Entries : [only with { Name = name }], only is null ? file.OtherEntries : [], file.Path, name,
                out TensorShape shape, out refusal);
        return entry is null ? null : new InputTensor(file, only ?? entry, shape);
    }

    /// <summary>An npy file says where its type stands.</summary>
    private static InputTensor? FindOnly(TensorFile file, string name, out Refusal? refusal)
    {
        try
        {
            TensorEntry entry = file.Require(file.Entries[0].Name);
            refusal = TensorShape.TryCreate(entry.Dimensions.AsSpan(), out TensorShape shape, out string reason) ? null
                : new Refusal(ErrorCode.WrongShape, $"{file.Path}: the tensor '{name}' {reason}");
            return refusal is null ? new InputTensor(file, entry, shape) : null;
        }
        catch (TensorFormatException problem)
        {
            refusal = new Refusal(ErrorCode.WrongType, $"{name}: {problem.Message}");
            return null;
        }
    }
}
