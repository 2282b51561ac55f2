using System.Globalization;
using AttentionCluster.Core.Measuring;

namespace AttentionCluster.Benchmarks.Peers;

/// <summary>What of the comparison is wanted.</summary>
/// <param name="Json">JSON instead of a table.</param>
/// <param name="Turns">Measurements of each number.</param>
/// <param name="Shape">Only shapes whose name has this in it.</param>
internal sealed record ComparisonOptions(bool Json = false, int Turns = Turns.Default, string Shape = "")
{
    /// <summary>Reads <c>[--json] [--turns n] [--shape text]</c>.</summary>
    /// <returns>Null when it is something else.</returns>
    public static ComparisonOptions? Read(ReadOnlySpan<string> arguments)
    {
        var options = new ComparisonOptions();
        while (!arguments.IsEmpty)
        {
            switch (arguments)
            {
                case ["--json", ..]:
                    options = options with { Json = true };
                    arguments = arguments[1..];
                    break;
                case ["--turns", var text, ..] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int turns)
                    && turns > 0:
                    options = options with { Turns = turns };
                    arguments = arguments[2..];
                    break;
                case ["--shape", var text, ..]:
                    options = options with { Shape = text };
                    arguments = arguments[2..];
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
