using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using AttentionCluster.Client;

namespace AttentionCluster.Cli.Terminal;

/// <summary>Runs a command line: what the process prints and returns when the command itself does not say.</summary>
internal static class Shell
{
    /// <summary>
    /// How long a command may take to clean up after SIGINT or SIGTERM before the process ends regardless. It takes a
    /// fraction of a second; the rest is for a disk that is slow to delete.
    /// </summary>
    private static readonly TimeSpan s_cleanUpTimeout = TimeSpan.FromSeconds(10);

    /// <summary>What a <see cref="LongRunningCommand"/> gets: longer than any limit that it may have of its own.</summary>
    private static readonly TimeSpan s_ownLimit = TimeSpan.FromDays(1);

    /// <summary>Parses and runs.</summary>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(RootCommand attn, IReadOnlyList<string> arguments)
    {
        // A path may start with '@', so response files are off.
        var parsing = new ParserConfiguration { ResponseFileTokenReplacer = null };
        attn.SetAction(_ => WriteHelpAsError(attn));
        ParseResult parse = attn.Parse(arguments, parsing);
        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = parse.CommandResult.Command is LongRunningCommand ? s_ownLimit : s_cleanUpTimeout,
        };
        if (parse.Errors.Count > 0 && parse.Action is not HelpAction)
            return WriteErrors(parse, invocation.Error);

        try
        {
            return await parse.InvokeAsync(invocation);
        }
        catch (OperationCanceledException)
        {
            await invocation.Error.WriteLineAsync("attn: interrupted; nothing was written");
            return ExitCode.Interrupted;
        }
        catch (AttentionClientException problem)
        {
            await invocation.Error.WriteLineAsync($"attn: {ServerProblem.Text(problem)}");
            return ServerProblem.ExitCodeOf(problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or TimeoutException)
        {
            // A disk that fills up, a file that goes away while the job runs, a machine too busy to start: no fault of this program.
            await invocation.Error.WriteLineAsync($"attn: {problem.Message}");
            return ExitCode.ClusterFailed;
        }
        catch (Exception defect)
        {
            // Left alone, it would end the process with an exit code of the runtime's own.
            await invocation.Error.WriteLineAsync($"attn: this is a defect of attn; please report it with the command line: {defect}");
            return ExitCode.ClusterFailed;
        }
    }

    /// <summary>
    /// Makes work the action of a command. System.CommandLine starts to listen for signals only when the action has returned
    /// its task: so it does at once, and all the work comes after.
    /// </summary>
    public static void SetWork(Command command, Func<ParseResult, CancellationToken, Task<int>> work) =>
        command.SetAction(async (parse, cancellationToken) =>
        {
            await Task.Yield();
            return await work(parse, cancellationToken);
        });

    private static int WriteErrors(ParseResult parse, TextWriter error)
    {
        foreach (string message in parse.Errors.Select(problem => problem.Message).Distinct())
            error.WriteLine($"attn: {message}");
        error.WriteLine($"attn: see '{Path(parse.CommandResult)} --help'");
        return ExitCode.WrongInput;
    }

    /// <summary>A command as it is typed: <c>attn bench kernel</c>.</summary>
    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "attn";

    private static int WriteHelpAsError(RootCommand attn)
    {
        attn.Parse("--help").Invoke(new InvocationConfiguration { Output = Console.Error });
        return ExitCode.WrongInput;
    }
}
