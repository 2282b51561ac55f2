using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AttentionCluster.House.Tests.Sources;

/// <summary>The names in a source file that mean a type, or a member of one.</summary>
internal static class TypeNames
{
    /// <summary>Every such name of a file with its type.</summary>
    internal static IEnumerable<(SimpleNameSyntax Name, INamedTypeSymbol Type)> Of(SourceProject project, SyntaxTree tree)
    {
        SemanticModel model = project.Compilation.GetSemanticModel(tree);
        foreach (SimpleNameSyntax name in tree.GetRoot()
            .DescendantNodes(node => node is not UsingDirectiveSyntax).OfType<SimpleNameSyntax>())
        {
            SymbolInfo found = model.GetSymbolInfo(name);
            ISymbol? symbol = found.Symbol ?? found.CandidateSymbols.FirstOrDefault();
            if ((symbol as INamedTypeSymbol ?? symbol?.ContainingType) is { } type)
                yield return (name, type);
        }
    }
}
