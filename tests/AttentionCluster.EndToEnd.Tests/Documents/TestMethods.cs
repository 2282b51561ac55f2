using System.Text.RegularExpressions;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Documents;

/// <summary>The test methods of all projects, as their sources declare them: documents name them as <c>Class.Method</c>.</summary>
internal static partial class TestMethods
{
    private static readonly Lazy<HashSet<string>> s_names = new(() => [.. Find()]);

    /// <summary>Whether there is a test of this class and method.</summary>
    internal static bool Exists(string name) => s_names.Value.Contains(name);

    /// <summary>The methods with an attribute of a test, by the class that the file declares before them.</summary>
    private static IEnumerable<string> Find() =>
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        let text = File.ReadAllText(file)
        let classes = Class().Matches(text)
        from Match test in Method().Matches(text)
        let type = classes.LastOrDefault(type => type.Index < test.Index)
        where type is not null
        select $"{type.Groups[1].Value}.{test.Groups[1].Value}";

    [GeneratedRegex(@"^(?:\w+ )*class (\w+)", RegexOptions.Multiline)]
    private static partial Regex Class();

    /// <summary>Between its first attribute and the method there may be others, on one or several lines each.</summary>
    [GeneratedRegex(
        @"^ +\[(?:Skippable)?(?:Fact|Theory)\b.*\n(?:(?! +(?:public|private|internal) ).*\n)* +public (?:async |unsafe |override )*(?:void|Task) (\w+)\(",
        RegexOptions.Multiline)]
    private static partial Regex Method();
}
