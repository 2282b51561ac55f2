using System.CommandLine;
using AttentionCluster.Cli.Remote;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Client;
using AttentionCluster.Core;

namespace AttentionCluster.Cli.Drain;

/// <summary><c>attn drain</c>: tells a worker of a server's cluster to leave.</summary>
internal sealed class DrainCommand
{
    private readonly ServerOptionSet _server = new();
    private readonly Argument<string> _node = new("node") { Description = "The worker's name; 'attn status' lists them" };

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var drain = new DrainCommand();
        var command = new Command("drain",
            "Tells a worker to leave: it finishes or gives back what it computes, and its process ends.") { drain._node };
        drain._server.AddTo(command);
        Shell.SetWork(command, drain.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string node = parse.GetValue(_node)!;
        ServerAddress? server = _server.Require(parse, Environment.GetEnvironmentVariable, out Refusal? refusal);
        refusal ??= node.Length == 0 ? new Refusal(ErrorCode.WrongInput, "the node's name is empty; 'attn status' lists those that there "
            + "are") : null;
        if (server is null || refusal is not null)
        {
            await parse.InvocationConfiguration.Error.WriteLineAsync($"attn: {refusal!.Message}");
            return ErrorExit.Of(refusal!.Code);
        }

        using AttentionClient client = server.Call();
        await client.DrainAsync(node, cancellationToken);
        await parse.InvocationConfiguration.Output.WriteLineAsync($"{node} leaves the cluster; 'attn status' lists it until it has left");
        return ExitCode.Done;
    }
}
