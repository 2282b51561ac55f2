using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using AttentionCluster.Cli.Terminal;
using AttentionCluster.Client;
using AttentionCluster.Core;
using AttentionCluster.EndToEnd.Tests.Running;
using AttentionCluster.Server.Http.Errors;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>Codes of errors have one home: what the sources use, what the tables give, and what the README says is the same.</summary>
public sealed partial class ErrorCodeTests
{
    /// <summary>A name that is also that of a message between nodes.</summary>
    private const string AlsoAMessage = "task-failed";

    private static readonly (string Name, string Text)[] s_sources =
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(folder => folder is "obj" or "bin"))
            .Select(path => (Path.GetFileName(path), File.ReadAllText(path))),
    ];

    [Fact]
    public void Every_code_is_used()
    {
        HashSet<string> used = [.. s_sources.SelectMany(source => Member().Matches(source.Text)).Select(member => member.Groups[1].Value)];
        Assert.DoesNotContain(ErrorCodes.All, code => !used.Contains($"{code}"));
    }

    [Fact]
    public void No_source_spells_a_code()
    {
        Assert.Empty(s_sources.Where(source => source.Name != $"{nameof(ErrorCodes)}.cs")
            .SelectMany(source => Literal().Matches(source.Text)
            .Select(literal => literal.Groups[1].Value)
            .Where(name => ErrorCodes.Find(name) is not null && !(name == AlsoAMessage && source.Name == "WireSerializer.cs"))
            .Select(name => $"{source.Name}: {name}")));
    }

    [Fact]
    public void The_table_has_every_code_once_with_its_status_and_exit_code()
    {
        string[][] rows = [.. File.ReadLines(Path.Combine(Repository.Root, "README.md"))
            .SkipWhile(line => line != "## Errors").TakeWhile(line => line != "## Limits")
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Select(line => line.Split('|'))];
        (string Code, string Status, string Exit)[] written =
            [.. rows.SelectMany(row => Name().Matches(row[3]).Select(name => (name.Groups[1].Value, row[1].Trim(), row[2].Trim())))];

        Assert.Equal(
            ErrorCodes.All.Select(code =>
                (code.Name(), ProblemCodes.StatusOf(code)?.ToString(CultureInfo.InvariantCulture) ?? "none", $"{ErrorExit.Of(code)}"))
                .OrderBy(row => row.Item1, StringComparer.Ordinal),
            written.OrderBy(row => row.Code, StringComparer.Ordinal));
    }

    /// <summary>The code decides; where it is none of this version's, the status does.</summary>
    [Theory]
    [InlineData("job-failed", HttpStatusCode.Gone, 3)]
    [InlineData("wrong-shape", HttpStatusCode.BadRequest, 2)]
    [InlineData("of-a-newer-version", HttpStatusCode.Gone, 2)]
    [InlineData("of-a-newer-version", HttpStatusCode.TooManyRequests, 3)]
    [InlineData("of-a-newer-version", HttpStatusCode.BadGateway, 3)]
    public void An_answer_gives_the_exit_code_of_its_code(string code, HttpStatusCode status, int exitCode) =>
        Assert.Equal(exitCode, ServerProblem.ExitCodeOf(new AttentionClientException(code, "", status)));

    [GeneratedRegex(@"\bErrorCode\.(\w+)\b")]
    private static partial Regex Member();

    [GeneratedRegex("\"([a-z]+(?:-[a-z]+)+)\"")]
    private static partial Regex Literal();

    [GeneratedRegex("`([a-z-]+)`")]
    private static partial Regex Name();
}
