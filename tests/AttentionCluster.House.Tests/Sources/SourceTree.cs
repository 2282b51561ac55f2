using System.Reflection;

namespace AttentionCluster.House.Tests.Sources;

/// <summary>The files of the working copy that the tests were built from.</summary>
internal static class SourceTree
{
    /// <summary>The top folder.</summary>
    internal static string Root { get; } = typeof(SourceTree).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>The projects under <c>src</c>, by their short names.</summary>
    internal static IReadOnlyList<string> Projects { get; } = ["Cli", "Client", "Cluster", "Core", "Server"];

    /// <summary>The folder of a project.</summary>
    internal static string FolderOf(string project) => Path.Combine(Root, "src", $"AttentionCluster.{project}");

    /// <summary>C# files of a folder and those below it that people wrote.</summary>
    internal static IEnumerable<string> WrittenFiles(string folder) => Directory
        .EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
        .Order(StringComparer.Ordinal);

    /// <summary>C# files under <c>src</c>.</summary>
    internal static IEnumerable<string> ProductFiles() => WrittenFiles(Path.Combine(Root, "src"));

    /// <summary>A path as it is written in the repository.</summary>
    internal static string NameOf(string file) => Path.GetRelativePath(Root, file).Replace(Path.DirectorySeparatorChar, '/');
}
