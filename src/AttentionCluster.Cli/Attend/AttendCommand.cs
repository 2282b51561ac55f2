using System.CommandLine;
using AttentionCluster.Cli.Embedded;
using AttentionCluster.Cli.Inputs;
using AttentionCluster.Cli.Options;
using AttentionCluster.Cli.Remote;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;

namespace AttentionCluster.Cli.Attend;

/// <summary><c>attn attend</c>: computes attention, and writes the result and a report.</summary>
internal sealed class AttendCommand
{
    private readonly InputOptionSet _input = new(withRandom: true);
    private readonly AttentionOptionSet _attention = new(Enum.GetValues<OptionScope>());
    private readonly NodeOptionSet _node = new();
    private readonly ServerOptionSet _server = new();

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Where the result goes: .safetensors with o and lse, or .npy with o alone (default: nowhere, only the report)",
        HelpName = "file",
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the report as one JSON object and nothing else" };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "Print nothing but errors" };

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var attend = new AttendCommand();
        var command = new Command("attend", "Computes attention over files or random tensors.");
        attend._input.AddTo(command);
        command.Add(attend._output);
        attend._attention.AddTo(command);
        attend._node.AddTo(command);
        attend._server.AddTo(command);
        command.Add(attend._json);
        command.Add(attend._quiet);
        Shell.SetWork(command, attend.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        TextWriter error = parse.InvocationConfiguration.Error;
        ServerAddress? server = _server.Read(parse, Environment.GetEnvironmentVariable, out Refusal? refusal);
        using IJobInput? input = refusal is null ? _input.Open(parse, out refusal) : null;
        AttendJob? job = input is null ? null : Prepare(parse, input, server is not null, out refusal);
        if (job is null)
        {
            await error.WriteLineAsync($"attn: {refusal!.Message}");
            return ErrorExit.Of(refusal!.Code);
        }

        // A server needs none of this machine's disk for the report alone.
        using ScratchDirectory? workspace = server is not null && job.Output is null ? null : ScratchDirectory.Create(job.WorkDirectory);
        bool watched = !parse.GetValue(_json) && !parse.GetValue(_quiet) && !Console.IsErrorRedirected;
        AttendOutcome outcome = await ProgressBar.ShowAsync(watched, TimeProvider.System, bar => server is null
            ? RunHereAsync(job, workspace!, bar, cancellationToken)
            : RemoteJob.RunAsync(server, input!, job.Options, workspace, bar, error, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (outcome.ResultPath is { } result)
            job.Output?.Publish(result, workspace!, cancellationToken);
        return Tell(parse, job, outcome);
    }

    private static async Task<AttendOutcome> RunHereAsync(
        AttendJob job, ScratchDirectory workspace, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        JobOutcome outcome = await EmbeddedJob.RunAsync(job.Input, job.Options, job.Node!, workspace, progress, cancellationToken);
        return new AttendOutcome(outcome.Report.State, outcome.Report, outcome.Refusal?.Message,
            outcome.ResultPath)
        { Code = outcome.Refusal?.Code };
    }

    private AttendJob? Prepare(ParseResult parse, IJobInput input, bool onServer, out Refusal? refusal)
    {
        AttentionOptions options = _attention.Read(parse, new AttentionOptions());
        refusal = onServer ? _node.CheckNone(parse) : null;
        return refusal is null
            ? AttendJob.Create(input, options, onServer ? null : _node.Read(parse), parse.GetValue(_output), out refusal)
            : null;
    }

    private int Tell(ParseResult parse, AttendJob job, AttendOutcome outcome)
    {
        (TextWriter output, TextWriter error) = (parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
        if (outcome.Report is { } report && parse.GetValue(_json))
            output.WriteLine(report.ToJson());
        else if (outcome.Report is not null && !parse.GetValue(_quiet) && outcome.State == JobState.Succeeded)
            WriteReport(output, outcome.Report, job.Output);

        if (outcome.State != JobState.Succeeded || outcome.Report is null)
        {
            error.WriteLine($"attn: {outcome.Problem ?? "the job failed without a reason"}");
            return outcome.Code is { } code ? ErrorExit.Of(code) : ExitCode.ClusterFailed;
        }

        if (outcome.Report.Verify is not { Ok: false } verification)
            return ExitCode.Done;
        string place = verification.WorstRow.Length == 0 ? "" : $" at {verification.WorstRow}";
        error.WriteLine($"attn: the result is wrong{place}: don't use it, and report this with the command line");
        return ExitCode.CheckFailed;
    }

    private static void WriteReport(TextWriter output, JobReport report, OutputFile? file)
    {
        foreach (string line in ReportText.Lines(report))
            output.WriteLine(line);
        if (file is not null)
            output.WriteLine(ReportText.Line("written", $"{file.Path}"));
    }
}
