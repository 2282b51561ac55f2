using AttentionCluster.House.Tests.Sources;

namespace AttentionCluster.House.Tests.Floors;

/// <summary>
/// The floors of the projects as <c>src/README.md</c> draws them: blocks of text that begin with <c>```floors</c> and a project's name, the
/// top floor first.
/// </summary>
internal sealed class FloorPlan
{
    private const string Fence = "```";
    private const string Begin = Fence + "floors ";

    /// <summary>How the plan names the project's own folder.</summary>
    private const string OwnFolder = ".";

    private readonly Dictionary<string, int> _floors;

    private FloorPlan(Dictionary<string, int> floors) => _floors = floors;

    /// <summary>The folders that stand in it.</summary>
    internal IEnumerable<string> Folders => _floors.Keys;

    /// <summary>Reads the plan of a project from the page.</summary>
    internal static FloorPlan Read(string project) => Parse(project, File.ReadLines(Path.Combine(SourceTree.Root, "src", "README.md")));

    /// <summary>Reads the plan of a project from lines of a page.</summary>
    internal static FloorPlan Parse(string project, IEnumerable<string> lines)
    {
        string[] plan = [.. lines.SkipWhile(line => line != Begin + project).Skip(1).TakeWhile(line => line != Fence)];
        return new FloorPlan(plan
            .SelectMany((line, index) => line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(folder => (Folder: folder == OwnFolder ? "" : folder, Floor: plan.Length - index)))
            .ToDictionary(place => place.Folder, place => place.Floor, StringComparer.Ordinal));
    }

    /// <summary>What is wrong with a project: an import that does not go down, or a folder that the plan lacks.</summary>
    internal IEnumerable<string> Complaints(FolderGraph graph)
    {
        foreach (string folder in graph.Folders.Where(folder => !_floors.ContainsKey(folder)))
            yield return $"folder '{folder}' stands on no floor";
        foreach ((string from, string to, string example) in graph.Edges)
        {
            if (_floors.TryGetValue(from, out int above) && _floors.TryGetValue(to, out int below) && above <= below)
                yield return $"'{from}' (floor {above}) imports '{to}' (floor {below}): {example}";
        }
    }
}
