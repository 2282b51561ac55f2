using System.CommandLine;

namespace AttentionCluster.Chaos.Commands;

/// <summary>Runs a command line so that SIGINT and SIGTERM end all processes that it has started.</summary>
internal static class Interruptible
{
    private const int PassedExitCode = 0, FailedExitCode = 1, InterruptedExitCode = 130;

    /// <summary>How long that may take.</summary>
    private static readonly TimeSpan s_cleanUpTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Parses and runs.</summary>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        try
        {
            return await root.Parse(arguments)
                .InvokeAsync(new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = s_cleanUpTimeout
                });
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("interrupted; all nodes have been ended");
            return InterruptedExitCode;
        }
    }

    /// <summary>Makes work the action of a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="work">Whether everything was as it should be.</param>
    public static void SetWork(Command command, Func<ParseResult, CancellationToken, Task<bool>> work) =>
        command.SetAction(async (parse, cancellationToken) =>
        {
            // It listens for signals from when this has returned.
            await Task.Yield();
            return await work(parse, cancellationToken) ? PassedExitCode : FailedExitCode;
        });
}
