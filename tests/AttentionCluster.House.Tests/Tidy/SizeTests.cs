using AttentionCluster.House.Tests.Sources;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AttentionCluster.House.Tests.Tidy;

/// <summary>
/// Lines fit a screen, methods fit a head, files have one subject. A literal that would be another when it were broken, such as a row of a
/// table or JSON, may make its line longer.
/// </summary>
public sealed class SizeTests
{
    private const int ColumnsMax = 140;
    private const int LiteralMin = 90;
    private const int MethodLinesMax = 60;
    private const int FileLinesMax = 300;

    /// <summary>Register tiles written out: one method for each shape, each a list of the same steps.</summary>
    private const string Microkernels = "src/AttentionCluster.Core/Kernels/Gemm/Microkernel.cs";

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void No_line_is_longer_than_a_screen(string folder) => Findings.AreNone(
        from file in SourceTree.WrittenFiles(Path.Combine(SourceTree.Root, folder))
        from line in File.ReadLines(file).Index()
        where line.Item.Length > ColumnsMax && !HasLongLiteral(line.Item)
        select $"{SourceTree.NameOf(file)}:{line.Index + 1} has {line.Item.Length} columns");

    [Fact]
    public void No_file_but_the_microkernels_has_more_than_300_lines() => Findings.AreNone(
        from file in SourceTree.ProductFiles()
        let lines = File.ReadLines(file).Count()
        where lines > FileLinesMax && SourceTree.NameOf(file) != Microkernels
        select $"{SourceTree.NameOf(file)} has {lines} lines");

    [Fact]
    public void No_method_but_the_microkernels_has_more_than_60_lines() => Findings.AreNone(
        from file in SourceTree.ProductFiles()
        where SourceTree.NameOf(file) != Microkernels
        from method in CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot().DescendantNodes()
        where method is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax
        let lines = Lines(method)
        where lines > MethodLinesMax
        select $"{SourceTree.NameOf(file)}: {method.ToString().Split('\n')[0].Trim()} has {lines} lines");

    private static bool HasLongLiteral(string line)
    {
        int start = line.IndexOf('"'), end = line.LastIndexOf('"');
        return end - start > LiteralMin || line.Contains("{(", StringComparison.Ordinal);
    }

    private static int Lines(SyntaxNode node)
    {
        FileLinePositionSpan span = node.SyntaxTree.GetLineSpan(node.Span);
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
