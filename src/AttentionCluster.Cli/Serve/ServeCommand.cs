using System.CommandLine;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Server;
using AttentionCluster.Server.Configuration;
using AttentionCluster.Server.Hosting;

namespace AttentionCluster.Cli.Serve;

/// <summary><c>attn serve</c>: a node of a cluster, until it is told to leave.</summary>
internal sealed class ServeCommand
{
    private readonly Option<string[]> _files = new("--config")
    {
        Description = "JSON file with settings; can be given several times, and later ones win (see cluster-config)",
        HelpName = "file",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly (Option<string?> Option, string Key)[] _settings =
    [
        (Setting("--roles", "gateway,worker", "What the node does (default: both)"), "Node:Roles"),
        (Setting("--urls", "urls", "Where its HTTP interface listens (default: http://127.0.0.1:8080)"), "Http:Urls"),
        (Setting("--cluster", "host:port", "Where other nodes reach it for control messages (default: 127.0.0.1:4053)"), "Cluster:Listen"),
        (Setting("--data-plane", "host:port", "Where other nodes reach it for tensor bytes (default: 127.0.0.1:4054)"), "DataPlane:Listen"),
        (Setting("--seeds", "host:port,..", "--cluster addresses of nodes to join through, in the same order everywhere (default: none, a "
            + "cluster of its own)"), "Cluster:Seeds"),
        (Setting("--data", "folder", "The data directory (default: attn-data)"), "Node:DataDirectory"),
        (Setting("--threads", "integer", "Compute threads (default: one for every processor)"), "Node:Threads"),
        (Setting("--memory", "bytes", "Memory for tensors in work, such as 4GiB (default: half of what the process may use)"),
            "Node:MemoryBytesMax"),
        (Setting("--log-level", "level", "The least that is logged on standard error (default: Warning)"), "Logging:Level"),
    ];

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var serve = new ServeCommand();
        var command = new LongRunningCommand("serve", "Runs a node of a cluster. A port of 0 takes a free one.") { serve._files };
        foreach ((Option<string?> option, _) in serve._settings)
            command.Add(option);
        Shell.SetWork(command, serve.RunAsync);
        return command;
    }

    private static Option<string?> Setting(string name, string valueName, string description) =>
        new(name) { Description = description, HelpName = valueName, Arity = ArgumentArity.ExactlyOne };

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        (TextWriter output, TextWriter error) = (parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
        DataDirectory.WriteForThisUserAlone();
        if (Configure(parse, error) is not { } options)
            return ExitCode.WrongInput;
        try
        {
            await using ServingNode node = await ServingNode.StartAsync(options, cancellationToken);
            await output.WriteLineAsync($"ready {string.Join(' ', node.Urls)}");
            return await RunToEndAsync(node, error, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Told to leave before it had joined.
            return ExitCode.Done;
        }
    }

    private static async Task<int> RunToEndAsync(ServingNode node, TextWriter error, CancellationToken cancellationToken)
    {
        Task<string> ended = node.WaitForEndAsync();
        Task drained = node.WaitForDrainAsync();
        await Task.WhenAny(ended, drained, Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken));
        if (!cancellationToken.IsCancellationRequested && !drained.IsCompleted)
        {
            await error.WriteLineAsync($"attn: the node has ended without having been told to: {await ended}");
            return ExitCode.ClusterFailed;
        }

        if (!await node.LeaveAsync())
            await error.WriteLineAsync("attn: the node has not left its cluster in time (Node:LeaveTimeout), and ends now; the others find "
                + "out by its silence");
        return ExitCode.Done;
    }

    private ServeOptions? Configure(ParseResult parse, TextWriter error)
    {
        var layers = new List<ConfigurationLayer>();
        foreach (string file in parse.GetValue(_files) ?? [])
        {
            try
            {
                layers.Add(ConfigurationLayer.FromFile(file));
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or FormatException)
            {
                error.WriteLine($"attn: {file} can't be read: {problem.Message}");
                return null;
            }
        }

        layers.Add(ConfigurationLayer.FromEnvironment());
        layers.Add(ConfigurationLayer.FromCommandLine(
            [.. _settings.Where(setting => parse.GetValue(setting.Option) is not null)
                .Select(setting => (setting.Key, setting.Option.Name, parse.GetValue(setting.Option)!))]));
        ServeOptions? options =
            ServeConfiguration.Read(layers, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, out IReadOnlyList<string> problems);
        foreach (string problem in problems)
            error.WriteLine($"attn: {problem}");
        return options;
    }
}
