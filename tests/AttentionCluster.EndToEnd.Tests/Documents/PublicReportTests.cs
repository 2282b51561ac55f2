using System.Text.RegularExpressions;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>The tests that tests/README.md names beside other people's bug reports exist.</summary>
public sealed partial class PublicReportTests
{
    [Fact]
    public void Every_report_has_its_thread_and_tests_that_exist()
    {
        string[] rows = [.. File.ReadLines(Path.Combine(Repository.Root, "tests", "README.md"))
            .Where(line => line.StartsWith("| [", StringComparison.Ordinal))];
        Assert.NotEmpty(rows);
        foreach (string row in rows)
        {
            string[] cells = row.Split(" | ");
            Assert.True(cells.Length == 4, $"this row has not four cells: {row}");
            Assert.True(Thread().Count(cells[0]) == cells[0].Split("](").Length - 1,
                $"a link of this row does not lead where its text says: {row}");
            string[] named = [.. Named().Matches(cells[3]).Select(match => match.Groups[1].Value)];
            Assert.True(named.Length > 0, $"this report has no test: {row}");
            Assert.All(named, name => Assert.True(TestMethods.Exists(name), $"{name} is no test"));
        }
    }

    [GeneratedRegex(@"\[[^\]]+#(\d+)\]\(https://github\.com/[^/)]+/[^/)]+/(issues|pull)/\1\)")]
    private static partial Regex Thread();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Named();
}
