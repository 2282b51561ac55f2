using System.CommandLine;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.Chaos.Running;

namespace AttentionCluster.Chaos.Commands;

/// <summary><c>run</c>: random faults from a seed.</summary>
internal sealed class RunCommand
{
    private readonly Option<int> _seed =
        new("--seed") { Description = "The first run's seed; each further run has the next one", Required = true };
    private readonly Option<int> _runs = new("--runs") { Description = "How many runs", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _seconds =
        new("--seconds")
        {
            Description = "Start no further run after so many seconds",
            DefaultValueFactory = _ =>
        TimeSpan.FromDays(1).TotalSeconds
        };
    private readonly Option<double> _patience =
        new("--patience") { Description = "Seconds after which a run counts as hung", DefaultValueFactory = _ => 120 };
    private readonly Option<FaultKind[]> _faults = new("--faults")
    {
        Description = "Plan only these: each seed then gives another plan",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. RunPlanner.AllKinds],
    };

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var run = new RunCommand();
        var command = new Command("run", "Runs plans that follow from seeds, and replays one.") { run._seed, run._runs, run._seconds,
            run._patience, run._faults };
        Interruptible.SetWork(command, run.RunAsync);
        return command;
    }

    private async Task<bool> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var settings = new RunSettings(
            [.. Enumerable.Range(parse.GetValue(_seed), parse.GetValue(_runs))], TimeSpan.FromSeconds(parse.GetValue(_seconds)),
                TimeSpan.FromSeconds(parse.GetValue(_patience)),
            parse.GetValue(_faults)!.ToHashSet());
        await using var session = new ChaosSession(settings, parse.InvocationConfiguration.Output);
        return await session.RunAsync(cancellationToken);
    }
}
