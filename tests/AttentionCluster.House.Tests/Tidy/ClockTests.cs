using AttentionCluster.House.Tests.Sources;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AttentionCluster.House.Tests.Tidy;

/// <summary>
/// Time and chance come in as arguments; what reads the machine's clock, sleeps or throws dice in the middle of logic can't be tested.
/// </summary>
public sealed class ClockTests
{
    private static readonly string[] s_banned =
    [
        "DateTime.Now", "DateTime.UtcNow", "DateTime.Today", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "Thread.Sleep", "Random.Shared",
        "Stopwatch.GetTimestamp", "Stopwatch.GetElapsedTime", "Stopwatch.StartNew",
    ];

    /// <summary>Files that may, each with the reason.</summary>
    private static readonly Dictionary<string, string> s_exceptions = new(StringComparer.Ordinal)
    {
        ["src/AttentionCluster.Core/Measuring/Turns.cs"] = "it measures the machine",
        ["src/AttentionCluster.Client/Transport/Problem.cs"] = "an answer may name a time of day to come back at",
    };

    [Fact]
    public void No_source_reads_the_clock_sleeps_or_throws_dice() => Findings.AreNone(
        from file in SourceTree.ProductFiles()
        where !s_exceptions.ContainsKey(SourceTree.NameOf(file))
        from member in Banned(File.ReadAllText(file))
        select $"{SourceTree.NameOf(file)} uses {member}");

    [Fact]
    public void Exceptions_are_needed() => Assert.All(
        s_exceptions.Keys, file => Assert.NotEmpty(Banned(File.ReadAllText(Path.Combine(SourceTree.Root, file)))));

    [Fact]
    public void A_sleep_is_found() => Assert.Equal(
        ["Thread.Sleep"], Banned("class Tired { void Rest() => System.Threading.Thread.Sleep(1); }"));

    private static IEnumerable<string> Banned(string source) =>
        from access in CSharpSyntaxTree.ParseText(source).GetRoot().DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        let type = access.Expression is MemberAccessExpressionSyntax qualified ? qualified.Name.ToString() : access.Expression.ToString()
        let member = $"{type}.{access.Name.Identifier.ValueText}"
        where s_banned.Contains(member)
        select member;
}
