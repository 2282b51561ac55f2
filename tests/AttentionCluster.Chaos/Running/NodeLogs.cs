using AttentionCluster.Chaos.Fleets;

namespace AttentionCluster.Chaos.Running;

/// <summary>What the nodes of a fleet have logged since a run began.</summary>
internal sealed class NodeLogs
{
    /// <summary>What .NET writes when a process ends by an exception or a fault of its own, and the host for what must not be.</summary>
    private static readonly string[] s_crashes =
        ["Unhandled exception", "Fatal error", "Process terminated.", "Stack overflow", "Out of memory", "OutOfMemoryException",
            "AccessViolation", "crit: ", "this is a defect of attn"];

    private const int TailLines = 15, TailColumns = 320;

    private readonly Fleet _fleet;
    private readonly Dictionary<string, int> _starts;

    public NodeLogs(Fleet fleet)
    {
        _fleet = fleet;
        _starts = fleet.Used.ToDictionary(node => node.Name, node => node.Log.Length);
    }

    /// <summary>Lines that tell of a crash, each with the node's name.</summary>
    public IEnumerable<string> Crashes() =>
        from node in _fleet.Used
        from line in Lines(node)
        where s_crashes.Any(words => line.Contains(words, StringComparison.Ordinal))
        select $"{node.Name} logged: {line}";

    /// <summary>The last lines of each node's log that are more than information, cut where they become long.</summary>
    public IEnumerable<string> Tails() => _fleet.Used.SelectMany(node => Lines(node)
        .Where(line => !line.Contains(" info: ", StringComparison.Ordinal))
        .TakeLast(TailLines)
        .Select(line => line.Length > TailColumns ? line[..TailColumns] : line)
        .Prepend($"--- the last lines of {node.Name}"));

    /// <summary>Writes the whole logs, from the start of the processes, into a folder that stays.</summary>
    /// <returns>The folder.</returns>
    public string Keep()
    {
        string folder = Directory.CreateTempSubdirectory("attn-chaos-logs-").FullName;
        foreach (FleetNode node in _fleet.Used)
            File.WriteAllText(Path.Combine(folder, $"{node.Name}.log"), node.Log);
        return folder;
    }

    private string[] Lines(FleetNode node) =>
        node.Log[_starts.GetValueOrDefault(node.Name)..].Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
