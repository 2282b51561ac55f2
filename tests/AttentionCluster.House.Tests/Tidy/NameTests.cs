using System.Text.RegularExpressions;
using AttentionCluster.House.Tests.Sources;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AttentionCluster.House.Tests.Tidy;

/// <summary>One name means one thing, and stands where it says.</summary>
public sealed partial class NameTests
{
    /// <summary>What users of the client's package import is one namespace, whatever room a type stands in.</summary>
    private const string ClientsContract = "src/AttentionCluster.Client/Contract/";

    private static readonly IReadOnlyList<(string File, CompilationUnitSyntax Unit)> s_units =
        [.. SourceTree.ProductFiles()
            .Select(file => (SourceTree.NameOf(file), CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetCompilationUnitRoot()))];

    [Fact]
    public void No_two_types_share_a_name() => Findings.AreNone(
        from unit in s_units
        from type in TypesOf(unit.Unit)
        group unit.File by type into same
        let places = same.Select(WithoutPart).Distinct().ToList()
        where places.Count > 1
        select $"{same.Key}: {string.Join(", ", places)}");

    [Fact]
    public void A_namespace_is_its_folder() => Findings.AreNone(
        from unit in s_units
        where !unit.File.StartsWith(ClientsContract, StringComparison.Ordinal)
        from space in unit.Unit.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
        let folder = Path.GetDirectoryName(unit.File)!.Replace("src/", "", StringComparison.Ordinal).Replace('/', '.')
        where space.Name.ToString() != folder
        select $"{unit.File} says {space.Name}");

    [Fact]
    public void A_file_is_named_after_its_type() => Findings.AreNone(
        from unit in s_units
        let types = TypesOf(unit.Unit).ToList()
        let name = Path.GetFileNameWithoutExtension(unit.File).Split('.')[0]
        where types.Count == 1 && types[0] != name
        select $"{unit.File} has {types[0]}");

    [Fact]
    public void Laws_that_are_named_stand_in_the_house()
    {
        string house = File.ReadAllText(Path.Combine(SourceTree.Root, "src", "README.md"));
        var named =
            from file in SourceTree.ProductFiles().Concat(SourceTree.WrittenFiles(Path.Combine(SourceTree.Root, "tests")))
            from Match law in Law().Matches(File.ReadAllText(file))
            select (File: SourceTree.NameOf(file), Law: law.Value);
        Assert.NotEmpty(named);
        Assert.DoesNotContain(named, one => !house.Contains($"**{one.Law},", StringComparison.Ordinal));
    }

    private static IEnumerable<string> TypesOf(CompilationUnitSyntax unit) =>
        from member in unit.DescendantNodes(node => node is CompilationUnitSyntax
            or BaseNamespaceDeclarationSyntax).OfType<MemberDeclarationSyntax>()
        let name = member switch
        {
            BaseTypeDeclarationSyntax type => type.Identifier.ValueText,
            DelegateDeclarationSyntax type => type.Identifier.ValueText,
            _ => null,
        }
        where name is not null
        select name;

    /// <summary>A partial type may have several files, <c>Type.Part.cs</c>.</summary>
    private static string WithoutPart(string file) => Path.Combine(Path.GetDirectoryName(file)!, Path.GetFileName(file).Split('.')[0]);

    [GeneratedRegex(@"\bLaw [0-9]+\b")]
    private static partial Regex Law();
}
