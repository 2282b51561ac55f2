using System.CommandLine;
using System.Globalization;
using AttentionCluster.Chaos.Jobs;

namespace AttentionCluster.Chaos.Commands;

/// <summary>What the commands share that show one job in many situations.</summary>
internal sealed class ShowOptionSet
{
    /// <summary>Half a minute for two cores, so that a partition of twenty seconds fits into it.</summary>
    private const int RowsDefault = 81_920;

    private readonly Option<int> _rows =
        new("--rows") { Description = "Rows of Q, K and V of the job, 1,8:2,ROWS,64", DefaultValueFactory = _ => RowsDefault };
    private readonly Option<double> _patience =
        new("--patience") { Description = "Seconds after which a job counts as hung", DefaultValueFactory = _ => 300 };
    private readonly Option<string> _only =
        new("--only") { Description = "Run only what has this in its title", DefaultValueFactory = _ => "" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object and nothing else on standard output" };

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        command.Add(_rows);
        command.Add(_patience);
        command.Add(_only);
        command.Add(_json);
    }

    /// <summary>The job.</summary>
    public JobWork Work(ParseResult parse) =>
        new(parse.GetValue(_rows).ToString(CultureInfo.InvariantCulture), 8, 2, parse.GetValue(_rows), 64, 8192, 1024, "auto");

    /// <summary>How long it may take.</summary>
    public TimeSpan Patience(ParseResult parse) => TimeSpan.FromSeconds(parse.GetValue(_patience));

    /// <summary>What the titles of those have that shall run.</summary>
    public string Only(ParseResult parse) => parse.GetValue(_only)!;

    /// <summary>Whether JSON is wanted.</summary>
    public bool IsJson(ParseResult parse) => parse.GetValue(_json);
}
