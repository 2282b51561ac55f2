using System.Text.RegularExpressions;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>The tests and commands that the README's table of promises names exist.</summary>
public partial class PromiseTests
{
    [Fact]
    public void Every_promise_names_tests_or_commands_that_exist()
    {
        string[] rows = [.. Section("What is promised").Where(line => line.StartsWith('|')).Skip(2)];
        Assert.NotEmpty(rows);
        string commands = string.Join('\n', Section("Chaos"));
        foreach (string row in rows)
        {
            string[] named = [.. Named().Matches(row.Split('|')[3]).Select(match => match.Groups[1].Value)];
            Assert.True(named.Length > 0, $"this promise names no test: {row}");
            Assert.All(named, name => Assert.True(
                TestMethods.Exists(name) || commands.Contains($"| `{name}` |", StringComparison.Ordinal),
                $"{name} is neither a test nor a command of the section on chaos"));
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Named();

    private static IEnumerable<string> Section(string title) => File.ReadLines(Path.Combine(Repository.Root, "README.md"))
        .SkipWhile(line => line != $"## {title}").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));
}
