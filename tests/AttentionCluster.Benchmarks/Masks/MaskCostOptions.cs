using System.Globalization;
using AttentionCluster.Core.Measuring;

namespace AttentionCluster.Benchmarks.Masks;

/// <summary>What of the masks' cost is wanted.</summary>
/// <param name="Turns">Measurements of each number.</param>
/// <param name="Threads">Compute threads.</param>
/// <param name="Only">Only masks whose name has this in it.</param>
internal sealed record MaskCostOptions(int Turns = Turns.Default, int Threads = 0, string Only = "")
{
    /// <summary>Reads <c>[--turns n] [--threads n] [--only text]</c>.</summary>
    /// <returns>Null when it is something else.</returns>
    public static MaskCostOptions? Read(ReadOnlySpan<string> arguments)
    {
        var options = new MaskCostOptions(Threads: Environment.ProcessorCount);
        for (; !arguments.IsEmpty; arguments = arguments[2..])
        {
            if (arguments is ["--only", var text, ..])
                options = options with { Only = text };
            else if (arguments is ["--turns", var turns, ..]
                && int.TryParse(turns, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0)
                options = options with { Turns = count };
            else if (arguments is ["--threads", var threads, ..]
                && int.TryParse(threads, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0)
                options = options with { Threads = number };
            else
                return null;
        }

        return options;
    }
}
