using System.Globalization;
using System.Text.RegularExpressions;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Bench;

/// <summary>A self-attention job to measure: as many query rows as keys, Dk = Dv.</summary>
/// <param name="Heads">Query heads, each with a KV head of its own.</param>
/// <param name="Rows">Rows of Q, K and V of a head.</param>
/// <param name="Width">Dk and Dv.</param>
internal sealed partial record BenchShape(int Heads, int Rows, int Width)
{
    /// <summary>Reads <c>N4096D128</c> or <c>H8N4096D128</c>; without H it is one head.</summary>
    public static BenchShape? Read(string text, out string wanted)
    {
        wanted = "rows and width such as N4096D128, or heads, rows and width such as H8N4096D128, each from 1 to 2147483647";
        Match match = Form().Match(text);
        return match.Success && ReadAxis(match, "H", out int heads) && ReadAxis(match, "N", out int rows)
            && ReadAxis(match, "D", out int width)
            ? new BenchShape(heads, rows, width)
            : null;
    }

    /// <summary>The plan of the job.</summary>
    /// <returns>Null with the reason.</returns>
    public AttentionPlan? Plan(bool causal, KernelPath kernel, out Refusal? refusal)
    {
        var tensor = new TensorShape(1, Heads, Rows, Width);
        AttentionShape? shape = AttentionShape.Create(tensor, tensor, tensor, out refusal);
        return shape is null ? null
            : AttentionPlan.Create(shape, new AttentionOptions { Causal = causal, Kernel = kernel.Choice() }, out refusal);
    }

    /// <inheritdoc/>
    public override string ToString() => Heads == 1 ? $"N{Rows}D{Width}" : $"H{Heads}N{Rows}D{Width}";

    private static bool ReadAxis(Match match, string name, out int axis)
    {
        axis = 1;
        Group group = match.Groups[name];
        return !group.Success || (int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out axis) && axis >= 1);
    }

    [GeneratedRegex("^(H(?<H>[0-9]+))?N(?<N>[0-9]+)D(?<D>[0-9]+)$")]
    private static partial Regex Form();
}
