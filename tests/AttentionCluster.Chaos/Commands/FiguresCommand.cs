using System.CommandLine;
using System.Globalization;
using AttentionCluster.Chaos.Showing;

namespace AttentionCluster.Chaos.Commands;

/// <summary><c>figures</c>: how fast a cluster gets over a death, a join and a restart, and what it takes at rest.</summary>
internal sealed class FiguresCommand
{
    private readonly ShowOptionSet _show = new();

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var figures = new FiguresCommand();
        var command = new Command("figures", "Measures how fast a cluster gets over a worker's death, a join and a gateway's restart, and "
            + "what idle nodes take.");
        figures._show.AddTo(command);
        Interruptible.SetWork(command, figures.RunAsync);
        return command;
    }

    private async Task<bool> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        await using var recovery = new RecoveryFigures(_show.Work(parse), _show.Patience(parse), parse.InvocationConfiguration.Error);
        IReadOnlyList<FigureSet> sets = await recovery.RunAsync(_show.Only(parse), cancellationToken);
        if (IdleFigures.Title.Contains(_show.Only(parse), StringComparison.Ordinal))
            sets = [.. sets, await IdleFigures.RunAsync(cancellationToken)];
        bool isGood = sets.Count > 0 && sets.All(set => set.IsGood);
        if (_show.IsJson(parse))
        {
            await output.WriteLineAsync(ShownJson.Of(new { ok = isGood, scenarios = sets }));
            return isGood;
        }

        foreach (FigureSet set in sets)
        {
            await output.WriteLineAsync(set.Scenario);
            foreach (Figure figure in set.Figures)
                await output.WriteLineAsync(
                    string.Create(CultureInfo.InvariantCulture,
                    $"  {figure.Name,-58} "
                    + $"{figure.Value?.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture) ?? "not seen",8}  at most "
                    + $"{figure.Max:0}, {(figure.IsGood ? "good" : "BAD")} ({figure.Source})"));
            foreach (string problem in set.Problems)
                await output.WriteLineAsync($"  {problem}");
        }

        return isGood;
    }
}
