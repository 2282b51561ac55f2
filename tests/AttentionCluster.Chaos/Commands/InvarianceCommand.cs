using System.CommandLine;
using System.Globalization;
using AttentionCluster.Chaos.Showing;

namespace AttentionCluster.Chaos.Commands;

/// <summary><c>invariance</c>: one job, every cluster, one hash.</summary>
internal sealed class InvarianceCommand
{
    /// <summary>Digits of a hash in the table; in JSON it is whole.</summary>
    private const int DigitsShown = 16;

    private readonly ShowOptionSet _show = new();

    /// <summary>Declares the command.</summary>
    public static Command Create()
    {
        var invariance = new InvarianceCommand();
        var command = new Command("invariance", "Computes one job on clusters of all sizes and through deaths, joins and a partition, and "
            + "compares the hashes.");
        invariance._show.AddTo(command);
        Interruptible.SetWork(command, invariance.RunAsync);
        return command;
    }

    private async Task<bool> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        await using var table = new InvarianceTable(_show.Work(parse), _show.Patience(parse), parse.InvocationConfiguration.Error);
        IReadOnlyList<InvarianceRow> rows = await table.RunAsync(_show.Only(parse), cancellationToken);
        int outputs = rows.Select(row => row.OutputSha256).Distinct().Count();
        int sums = rows.Select(row => row.LseSha256).Distinct().Count();
        bool isGood = rows.Count > 0 && outputs == 1 && sums == 1 && rows.All(row => row.Problems.Count == 0);
        if (_show.IsJson(parse))
        {
            await output.WriteLineAsync(ShownJson.Of(new { ok = isGood, output_hashes = outputs, lse_hashes = sums, rows }));
            return isGood;
        }

        await output.WriteLineAsync($"{"job " + _show.Work(parse),-50} {"output_sha256",-DigitsShown} {"lse_sha256",-DigitsShown} seconds "
            + "retries");
        foreach (InvarianceRow row in rows)
        {
            await output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture,
                $"{row.Scenario,-50} {Short(row.OutputSha256),-DigitsShown} {Short(row.LseSha256),-DigitsShown} {row.Seconds,7:0.0} "
                + $"{row.Retries,7}"));
            foreach (string problem in row.Problems)
                await output.WriteLineAsync($"    {problem}");
        }

        await output.WriteLineAsync(isGood ? "one output_sha256 and one lse_sha256"
            : $"FAILED: {outputs} different output_sha256, {sums} different lse_sha256");
        return isGood;
    }

    private static string Short(string? hash) => hash?[..DigitsShown] ?? "none";
}
