using System.CommandLine;
using AttentionCluster.Cli.Attend;
using AttentionCluster.Cli.Embedded;
using AttentionCluster.Cli.Inputs;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Results;

namespace AttentionCluster.Cli.Merge;

/// <summary><c>attn merge</c>: joins results over disjoint keys.</summary>
internal sealed class MergeCommand
{
    private readonly Argument<string[]> _results = new("results")
    {
        Description = "Results of the same queries over disjoint keys: .safetensors files with o and lse",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Where the joined result goes: a .safetensors file with o and lse",
        HelpName = "file",
        Required = true,
    };

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var merge = new MergeCommand();
        var command = new Command("merge", "Joins results over disjoint keys into the result over all of them.") { merge._results,
            merge._output };
        Shell.SetWork(command, merge.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var results = new List<TensorFile>();
        try
        {
            string path = parse.GetRequiredValue(_output);
            ResultMerge? merge =
                Open(parse.GetValue(_results)!, results, out Refusal? refusal) ? ResultMerge.Create(results, out refusal) : null;
            OutputFile? output = merge is null ? null : Check(merge, path, results, out refusal);
            if (output is null)
            {
                await parse.InvocationConfiguration.Error.WriteLineAsync($"attn: {refusal!.Message}");
                return ErrorExit.Of(refusal!.Code);
            }

            await Task.Run(() => merge!.Write(output.Path, cancellationToken), cancellationToken);
            await parse.InvocationConfiguration.Output.WriteLineAsync(ReportText.Line("written", $"{output.Path}"));
            return ExitCode.Done;
        }
        finally
        {
            results.ForEach(result => result.Dispose());
        }
    }

    private static bool Open(IEnumerable<string> paths, List<TensorFile> results, out Refusal? refusal)
    {
        refusal = null;
        foreach (string path in paths)
        {
            if (FileOpening.Open("result", path, out refusal, ["o", "lse"]) is not { } result)
                return false;
            results.Add(result);
        }

        return true;
    }

    private static OutputFile? Check(ResultMerge merge, string path, IEnumerable<TensorFile> results, out Refusal? refusal)
    {
        if (!path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            refusal = new Refusal(ErrorCode.OutputNotWritable,
                $"--output: '{path}' must end in .safetensors, which has room for o and lse");
            return null;
        }

        OutputFile? output =
            OutputFile.Create(path, [.. results.Select(result => Path.GetFullPath(result.Path))], OutputType.Float32, out refusal);
        refusal ??= DiskRoom.Check(output!.Directory, merge.ByteLength, "no room on the disk for the joined result");
        return refusal is null ? output : null;
    }
}
