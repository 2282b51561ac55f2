using System.Collections.Concurrent;
using AttentionCluster.House.Tests.Sources;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AttentionCluster.House.Tests.Floors;

/// <summary>Which folder of a project names types of which other, and where.</summary>
internal sealed class FolderGraph
{
    private readonly Dictionary<(string From, string To), string> _edges;

    private FolderGraph(Dictionary<(string From, string To), string> edges) => _edges = edges;

    /// <summary>The folders that import another or are imported.</summary>
    internal IReadOnlySet<string> Folders => _edges.Keys.SelectMany(edge => new[] { edge.From, edge.To }).ToHashSet(StringComparer.Ordinal);

    /// <summary>Each import once, with one place where it happens.</summary>
    internal IEnumerable<(string From, string To, string Example)> Edges =>
        _edges.Select(edge => (edge.Key.From, edge.Key.To, edge.Value)).Order();

    /// <summary>Finds every name in a project that means a type, or a member of a type, of another folder.</summary>
    internal static FolderGraph Of(SourceProject project)
    {
        var edges = new ConcurrentDictionary<(string From, string To), string>();
        Parallel.ForEach(project.Compilation.SyntaxTrees, tree =>
        {
            string from = project.FolderOf(tree.FilePath);
            if (IsGenerated(from))
                return;
            foreach ((SimpleNameSyntax name, INamedTypeSymbol type) in TypeNames.Of(project, tree))
            {
                string? file = type.Locations.FirstOrDefault(location => location.IsInSource)?.SourceTree!.FilePath;
                if (file is not null && project.FolderOf(file) is var to && to != from && !IsGenerated(to))
                    edges.TryAdd((from, to), $"{Path.GetFileName(tree.FilePath)} names {name.Identifier.ValueText}");
            }
        });
        return new FolderGraph(edges.ToDictionary());
    }

    /// <summary>The folders of one circle of imports, in order; empty when there is none.</summary>
    internal IReadOnlyList<string> Circle()
    {
        ILookup<string, string> imports = _edges.Keys.ToLookup(edge => edge.From, edge => edge.To, StringComparer.Ordinal);
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (string folder in Folders.Order(StringComparer.Ordinal))
        {
            if (Circle(folder, imports, [], done) is { Count: > 0 } circle)
                return circle;
        }

        return [];
    }

    private static List<string> Circle(string folder, ILookup<string, string> imports, List<string> path, HashSet<string> done)
    {
        if (path.IndexOf(folder) is var at and >= 0)
            return [.. path[at..], folder];
        if (!done.Add(folder))
            return [];
        path.Add(folder);
        foreach (string next in imports[folder].Order(StringComparer.Ordinal))
        {
            if (Circle(next, imports, path, done) is { Count: > 0 } circle)
                return circle;
        }

        path.RemoveAt(path.Count - 1);
        return [];
    }

    private static bool IsGenerated(string folder) => folder.Split('/')[0] is "obj" or "..";
}
