using System.CommandLine;
using System.Globalization;
using AttentionCluster.Cli.Remote;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Client;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cli.Status;

/// <summary><c>attn status</c>: the nodes of a server's cluster.</summary>
internal sealed class StatusCommand
{
    private readonly ServerOptionSet _server = new();
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object and nothing else" };

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var status = new StatusCommand();
        var command = new Command("status", "Shows the nodes of a server's cluster.") { status._json };
        status._server.AddTo(command);
        Shell.SetWork(command, status.RunAsync);
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
        ClusterStatus cluster = await client.GetClusterAsync(cancellationToken);
        IEnumerable<string> lines =
            parse.GetValue(_json) ? [cluster.ToJson()] : TextTable.Lines([Header, .. cluster.Nodes.Select(Row)]).Concat(Problems(cluster));
        foreach (string line in lines)
            await parse.InvocationConfiguration.Output.WriteLineAsync(line);
        return ExitCode.Done;
    }

    private static IEnumerable<string> Problems(ClusterStatus cluster) =>
        from node in cluster.Nodes
        where node.Problem is not null
        select $"{node.Name} at {node.Address} gets nothing: {node.Problem}";

    private static string[] Header => ["node", "state", "roles", "worker", "threads", "segments", "GFLOP/s", "version"];

    private static string[] Row(NodeStatus node) =>
    [
        node.Address,
        node.State,
        string.Join(',', node.Roles),
        node.Worker?.Name ?? "-",
        node.Worker?.Threads.ToString(CultureInfo.InvariantCulture) ?? "-",
        node.Worker is { } worker ? $"{ByteSize.Text(worker.SegmentBytes)} of {ByteSize.Text(worker.SegmentBytesMax)}" : "-",
        node.Worker?.Gflops?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-",
        node.Version.Length > 0 ? node.Version : "-",
    ];
}
