using System.Globalization;

namespace AttentionCluster.Benchmarks.Differential;

/// <summary>Which random jobs are compared.</summary>
/// <param name="Jobs">How many.</param>
/// <param name="First">The seed of the first.</param>
internal sealed record DifferentialOptions(int Jobs = 2_000, int First = 0)
{
    /// <summary>Reads <c>[--jobs n] [--first seed]</c>.</summary>
    /// <returns>Null when it is something else.</returns>
    public static DifferentialOptions? Read(ReadOnlySpan<string> arguments)
    {
        var options = new DifferentialOptions();
        for (; !arguments.IsEmpty; arguments = arguments[2..])
        {
            if (arguments is not [var name, var text, ..]
                || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                return null;
            switch (name)
            {
                case "--jobs" when number > 0:
                    options = options with { Jobs = number };
                    break;
                case "--first":
                    options = options with { First = number };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
