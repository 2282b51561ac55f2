using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cli.Inputs;

/// <summary>The names that an input file may have.</summary>
internal static class InputNames
{
    /// <summary>Names that a message shows.</summary>
    internal const int ShownMax = 20;

    /// <summary>Refuses the first name that is not known.</summary>
    public static Refusal? Check(TensorFile file) => InputTensors.CheckNames(
        file.Entries.Select(entry => entry.Name).Concat(file.OtherEntries.Select(other => other.Name)).Concat(file.UnreadNames),
            file.Path) is { } refusal
            ? refusal with
            {
                Message = $"{refusal.Message}, or name each tensor that is wanted: --q {file.Path} --k {file.Path} --v "
                + $"{file.Path}"
            }
            : null;
}
