using System.Globalization;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cli.Options;

/// <summary>The three shapes that <c>--random B,Hq[:Hkv],Nq[:Nk],Dk[:Dv]</c> describes.</summary>
/// <param name="Query">Shape of Q.</param>
/// <param name="Key">Shape of K.</param>
/// <param name="Value">Shape of V.</param>
internal sealed record RandomShape(TensorShape Query, TensorShape Key, TensorShape Value)
{
    /// <summary>How the value of the option is written.</summary>
    public const string Form = "B,Hq[:Hkv],Nq[:Nk],Dk[:Dv]";

    /// <summary>Reads the value of the option; the part after a colon is the part before it when left out.</summary>
    public static RandomShape? Read(string text, out string wanted)
    {
        wanted = $"{Form} with integers from 1 to {int.MaxValue}, such as 1,8:2,1024:4096,64";
        string[] axes = text.Split(',');
        if (axes.Length != 4 || axes[0].Contains(':')
            || ReadAxis(axes[0]) is not var (batch, _)
            || ReadAxis(axes[1]) is not var (queryHeads, kvHeads)
            || ReadAxis(axes[2]) is not var (rows, keys)
            || ReadAxis(axes[3]) is not var (keyWidth, valueWidth))
        {
            return null;
        }

        return new RandomShape(
            new TensorShape(batch, queryHeads, rows, keyWidth),
            new TensorShape(batch, kvHeads, keys, keyWidth),
            new TensorShape(batch, kvHeads, keys, valueWidth));
    }

    private static (int Left, int Right)? ReadAxis(string axis)
    {
        string[] parts = axis.Split(':');
        return parts.Length <= 2 && TryReadCount(parts[0], out int left) && TryReadCount(parts[^1], out int right)
            ? (left, right)
            : null;
    }

    private static bool TryReadCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count >= 1;
}
