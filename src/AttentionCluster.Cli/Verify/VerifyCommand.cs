using System.CommandLine;
using AttentionCluster.Cli.Attend;
using AttentionCluster.Cli.Inputs;
using AttentionCluster.Cli.Options;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Cli.Verify;

/// <summary><c>attn verify</c>: recomputes rows of a result in float64, and checks that no bit was changed after the job.</summary>
internal sealed class VerifyCommand
{
    private readonly InputOptionSet _input = new(withRandom: false);
    private readonly AttentionOptionSet _attention = new([OptionScope.Numbers]);
    private readonly NodeOptionSet _node = new();

    private readonly Option<string> _output = new("--output")
    {
        Description = "The result: a .safetensors file with o and perhaps lse, or an .npy file",
        HelpName = "file",
        Required = true,
    };

    private readonly Option<int?> _rows = OptionValues.SmallInteger(
        "--rows", $"Rows that are recomputed (default: all of a small job, {RowSampling.SampledRows} of a large one)");

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var verify = new VerifyCommand();
        var command = new Command("verify", "Compares a result with a computation in float64; exit code 1 when it is wrong.");
        verify._input.AddTo(command);
        command.Add(verify._output);
        command.Add(verify._rows);
        verify._attention.AddTo(command);
        verify._node.AddTo(command);
        Shell.SetWork(command, verify.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        TextWriter error = parse.InvocationConfiguration.Error;
        using FileInput? input = _input.OpenFiles(parse, out Refusal? refusal);
        using ResultToVerify? result =
            input is null ? null : ResultToVerify.Open(parse.GetRequiredValue(_output), input.Shape, out refusal);
        VerifyJob? job = result is null ? null : VerifyJob.Create(
            input!, result, recorded => _attention.Read(parse, recorded), parse.GetValue(_rows), _node.Read(parse), out refusal,
                cancellationToken);
        if (job is null)
        {
            await error.WriteLineAsync($"attn: {refusal!.Message}");
            return ErrorExit.Of(refusal!.Code);
        }

        foreach (string unread in input!.Unread)
            await error.WriteLineAsync($"attn: {unread}");
        IReadOnlyList<TensorEntry> damaged = job.Result.FindDamaged(cancellationToken);
        Verification verification = Float64Check.Run(job, cancellationToken);
        bool ok = verification.Ok && damaged.Count == 0;
        await parse.InvocationConfiguration.Output.WriteLineAsync(ReportText.VerificationLine(verification with { Ok = ok }));
        if (!verification.Ok)
        {
            await error.WriteLineAsync(verification.WhyNoCheck is { } noCheck
                ? $"attn: nothing can be told of {verification.WorstRow}: {noCheck}"
                : $"attn: the result is wrong in {verification.WorstRow}");
        }

        if (damaged.Count > 0)
        {
            foreach (string sentence in await Recomputation.NameRowsAsync(job, damaged, cancellationToken))
                await error.WriteLineAsync($"attn: {sentence}");
        }

        return ok ? ExitCode.Done : ExitCode.CheckFailed;
    }
}
