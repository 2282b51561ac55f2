using AttentionCluster.Cli.Options;
using AttentionCluster.Core;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cli.Inputs;

/// <summary>
/// The names that an input file may have. A tensor that is not read is refused, because it may be meant to change the
/// result (a mask, or a misspelt one), and a result that ignores it would be wrong without a word.
/// </summary>
internal static class InputNames
{
    /// <summary>Results of an earlier job may stand beside its inputs.</summary>
    private static readonly string[] s_known = ["q", "k", "v", "o", "lse"];

    /// <summary>Refuses the first name that is not known.</summary>
    public static Refusal? Check(TensorFile file)
    {
        foreach (string name in file.Entries.Select(entry => entry.Name).Concat(file.OtherEntries.Select(other => other.Name)))
        {
            if (NotSupportedYet.Tensors.Contains(name))
                return new Refusal("not-supported-yet", $"{file.Path}: the tensor '{name}' is not supported yet; run without it");
            if (!s_known.Contains(name))
                return new Refusal("unknown-tensor", $"{file.Path}: the tensor '{name}' is not known; an input has q, k and v");
        }

        return null;
    }
}
