using System.CommandLine;
using AttentionCluster.Cli.Remote;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Client;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cli.Jobs;

/// <summary><c>attn cancel</c>: ends a job of a server.</summary>
internal sealed class CancelCommand
{
    private readonly ServerOptionSet _server = new();
    private readonly Argument<string> _id = new("id") { Description = "The job" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the job as one JSON object and nothing else" };

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var cancel = new CancelCommand();
        var command = new Command("cancel", "Ends a job of a server; one that has ended stays as it is.") { cancel._id, cancel._json };
        cancel._server.AddTo(command);
        Shell.SetWork(command, cancel.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string id = parse.GetValue(_id)!;
        ServerAddress? server = _server.Require(parse, Environment.GetEnvironmentVariable, out Refusal? refusal);
        refusal ??= id.Length == 0 ? new Refusal(ErrorCode.WrongInput, "the job's id is empty; 'attn jobs' lists those that there are")
            : null;
        if (server is null || refusal is not null)
        {
            await parse.InvocationConfiguration.Error.WriteLineAsync($"attn: {refusal!.Message}");
            return ErrorExit.Of(refusal!.Code);
        }

        using AttentionClient client = server.Call();
        bool ended = await client.CancelAsync(id, cancellationToken);
        JobDocument job = await client.GetJobAsync(id, cancellationToken);
        string state = job.State.ToString().ToLowerInvariant();
        await parse.InvocationConfiguration.Output.WriteLineAsync(
            parse.GetValue(_json) ? job.ToJson() :
            ended ? $"job {id} was told to end; it is {state}" :
            $"job {id} had ended before; it is {state}");
        return ExitCode.Done;
    }
}
