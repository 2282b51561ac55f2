using System.CommandLine;
using AttentionCluster.Cli.Remote;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Client;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cli.Jobs;

/// <summary><c>attn jobs</c>: the jobs of a server, or one of them.</summary>
internal sealed class JobsCommand
{
    private readonly ServerOptionSet _server = new();

    private readonly Argument<string?> _id = new("id") { Description = "One job, with its report", Arity = ArgumentArity.ZeroOrOne };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object and nothing else" };

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var jobs = new JobsCommand();
        var command = new Command("jobs", "Lists the jobs of a server, or shows one.") { jobs._id, jobs._json };
        jobs._server.AddTo(command);
        Shell.SetWork(command, jobs.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        ServerAddress? server = _server.Require(parse, Environment.GetEnvironmentVariable, out Refusal? refusal);
        if (server is null)
        {
            await parse.InvocationConfiguration.Error.WriteLineAsync($"attn: {refusal!.Message}");
            return ErrorExit.Of(refusal!.Code);
        }

        using AttentionClient client = server.Call();
        IEnumerable<string> lines = parse.GetValue(_id) is { Length: > 0 } id
            ? One(await client.GetJobAsync(id, cancellationToken), parse.GetValue(_json))
            : All(await client.ListJobsAsync(cancellationToken), parse.GetValue(_json));
        foreach (string line in lines)
            await parse.InvocationConfiguration.Output.WriteLineAsync(line);
        return ExitCode.Done;
    }

    private static IEnumerable<string> One(JobDocument job, bool json) => json ? [job.ToJson()] : JobText.Lines(job);

    private static IEnumerable<string> All(IReadOnlyList<JobDocument> jobs, bool json) => json
        ? [$"{{\"jobs\":[{string.Join(',', jobs.Select(job => job.ToJson()))}]}}"]
        : TextTable.Lines([JobText.Header, .. jobs.Select(JobText.Row)]);
}
