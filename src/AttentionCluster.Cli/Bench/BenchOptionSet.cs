using System.CommandLine;
using System.Globalization;
using AttentionCluster.Cli.Options;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Measuring;

namespace AttentionCluster.Cli.Bench;

/// <summary>The options that every measurement has.</summary>
internal sealed class BenchOptionSet
{
    private const int TurnsMax = 1_000;

    private readonly Option<KernelChoice?> _kernel = OptionValues.Word(
        "--kernel",
        "The implementation to measure",
        [.. OptionText.Kernels.Where(kernel => kernel.Meaning != KernelChoice.Reference)]);

    private readonly Option<int?> _turns = OptionValues.Value<int?>(
        "--turns", "integer", $"Measurements of each number, of which the median counts (default: {Turns.Default})", ReadTurns);

    private readonly Option<int[]?> _threads = OptionValues.Value<int[]>(
        "--threads", "n[,n...]", "Numbers of threads to measure with, one after the other", ReadThreads);

    private readonly Option<bool> _json = new("--json") { Description = "Print an array of JSON objects and nothing else" };

    /// <summary>Declares the options on a command.</summary>
    /// <param name="command">The measurement.</param>
    /// <param name="kernelDefault">What is measured without <c>--kernel</c>, in words.</param>
    /// <param name="threadsDefault">Likewise.</param>
    public void AddTo(Command command, string kernelDefault, string threadsDefault)
    {
        _kernel.Description += $" (default: {kernelDefault})";
        _threads.Description += $" (default: {threadsDefault})";
        command.Add(_kernel);
        command.Add(_threads);
        command.Add(_turns);
        command.Add(_json);
    }

    /// <summary>Whether the results are wanted as JSON.</summary>
    public bool Json(ParseResult parse) => parse.GetValue(_json);

    /// <summary>How often each number is measured.</summary>
    public int TurnCount(ParseResult parse) => parse.GetValue(_turns) ?? Turns.Default;

    /// <summary>Numbers of threads.</summary>
    public int[] Threads(ParseResult parse, int[] defaults) => parse.GetValue(_threads) is { Length: > 0 } threads ? threads : defaults;

    /// <summary>The kernel path that was asked for, or the fastest.</summary>
    public KernelPath Kernel(ParseResult parse, out Refusal? refusal) =>
        (parse.GetValue(_kernel) ?? KernelChoice.Auto).Resolve(out refusal);

    /// <summary>The kernel path that was asked for, or all that this machine takes for some family and that have a limit.</summary>
    public KernelPath[] Kernels(ParseResult parse, out Refusal? refusal)
    {
        refusal = null;
        return parse.GetValue(_kernel) is null
            ? [.. KernelCatalog.Paths.Where(path => path != KernelPath.Reference && KernelPaths.IsSupported(path)
                && (path != KernelPath.Emulated || !KernelPaths.HasFused))]
            : [Kernel(parse, out refusal)];
    }

    private static int? ReadTurns(string text, out string wanted)
    {
        wanted = $"an integer from 1 to {TurnsMax}";
        return TryRead(text, TurnsMax, out int turns) ? turns : null;
    }

    private static int[]? ReadThreads(string text, out string wanted)
    {
        // More threads than processors take turns, and then none of them has the speed that it seems to have.
        wanted = $"numbers from 1 to {Environment.ProcessorCount}, the processors of this machine, with commas between them";
        string[] parts = text.Split(',');
        int[] threads = [.. parts.Select(part => TryRead(part, Environment.ProcessorCount, out int count) ? count : 0)];
        return threads.Contains(0) ? null : [.. threads.Distinct()];
    }

    private static bool TryRead(string text, int max, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= max;
}
