using AttentionCluster.Core;
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
        refusal = null;
        try
        {
            bool takeOnly = alone && file.Entries.Count == 1 && file.OtherEntries.Count == 0;
            TensorEntry entry = file.Require(takeOnly ? file.Entries[0].Name : name);
            if (TensorShape.TryCreate(entry.Dimensions.AsSpan(), out TensorShape shape, out string reason))
                return new InputTensor(file, entry, shape);
            refusal = new Refusal("wrong-shape", $"{name} in {file.Path} {reason}");
        }
        catch (TensorFormatException problem)
        {
            refusal = new Refusal("tensor-missing", $"{name}: {problem.Message}");
        }

        return null;
    }
}
