using System.Text.RegularExpressions;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>The tests that tests/README.md names beside other people's bug reports exist.</summary>
public sealed partial class PublicReportTests
{
    private static readonly string s_tests = Path.Combine(Repository.Root, "tests");

    [Fact]
    public void Every_report_has_its_thread_and_tests_that_exist()
    {
        string[] rows = [.. File.ReadLines(Path.Combine(s_tests, "README.md")).Where(line => line.StartsWith("| [", StringComparison.Ordinal))];
        Assert.NotEmpty(rows);
        ILookup<string, string> tests = Tests();
        foreach (string row in rows)
        {
            string[] cells = row.Split(" | ");
            Assert.True(cells.Length == 4, $"this row has not four cells: {row}");
            Assert.True(Thread().Count(cells[0]) == cells[0].Split("](").Length - 1, $"a link of this row does not lead where its text says: {row}");
            string[] named = [.. Named().Matches(cells[3]).Select(match => match.Groups[1].Value)];
            Assert.True(named.Length > 0, $"this report has no test: {row}");
            Assert.All(named, name => Assert.True(name.Split('.') is [var type, var method] && tests[type].Contains(method), $"{name} is no test"));
        }
    }

    /// <summary>The methods with an attribute of a test, by the class that the file declares before them.</summary>
    private static ILookup<string, string> Tests() =>
        (from file in Directory.EnumerateFiles(s_tests, "*.cs", SearchOption.AllDirectories)
         let text = File.ReadAllText(file)
         let classes = Class().Matches(text)
         from Match test in Test().Matches(text)
         let type = classes.LastOrDefault(type => type.Index < test.Index)
         where type is not null
         select (Type: type.Groups[1].Value, Method: test.Groups[1].Value)).ToLookup(test => test.Type, test => test.Method);

    [GeneratedRegex(@"\[[^\]]+#(\d+)\]\(https://github\.com/[^/)]+/[^/)]+/(issues|pull)/\1\)")]
    private static partial Regex Thread();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Named();

    [GeneratedRegex(@"^(?:\w+ )*class (\w+)", RegexOptions.Multiline)]
    private static partial Regex Class();

    /// <summary>Between its first attribute and the method there may be others, on lines of their own.</summary>
    [GeneratedRegex(@"^ +\[(?:Skippable)?(?:Fact|Theory)\b.*\n(?: +\[.*\n)* +public (?:async |unsafe |override )*(?:void|Task) (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Test();
}
