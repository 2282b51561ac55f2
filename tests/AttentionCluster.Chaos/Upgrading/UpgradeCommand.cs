using System.CommandLine;
using AttentionCluster.Chaos.Commands;

namespace AttentionCluster.Chaos.Upgrading;

/// <summary><c>upgrade</c>: a cluster whose nodes are replaced one by one by a build of another version, under load.</summary>
internal static class UpgradeCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(8);

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var command = new Command("upgrade", "Replaces the nodes of a cluster one by one by a build of another version, while jobs are "
            + "sent to it.");
        Interruptible.SetWork(command, RunAsync);
        return command;
    }

    /// <summary>Its last line counts like a test.</summary>
    private static async Task<bool> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        using OtherBuild build = await OtherBuild.MakeAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        await using var upgrade = new RollingUpgrade(build, output.WriteLine);
        IReadOnlyList<string> problems;
        try
        {
            problems = await upgrade.RunAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            problems = [$"not done within {s_patience}: {upgrade.Standing}"];
        }

        foreach (string problem in problems)
            await output.WriteLineAsync($"BAD: {problem}");
        if (problems.Count > 0)
            await output.WriteLineAsync(upgrade.Logs);
        await output.WriteLineAsync(problems.Count == 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
        return problems.Count == 0;
    }
}
