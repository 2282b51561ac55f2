namespace AttentionCluster.Chaos.Planning;

/// <summary>Settings of nodes that may not change a bit of any result, nor lose a job: budgets, sizes, intervals, limits.</summary>
/// <param name="Memory">Native memory of each node, as <c>--memory</c> takes it.</param>
/// <param name="Environment">Variables that all nodes are started with.</param>
internal sealed record NodeSettings(string Memory, IReadOnlyList<(string Name, string Value)> Environment)
{
    /// <summary>Seeds in a row that share their settings: nodes can't change them without a start, which takes seconds.</summary>
    public const int SeedsAlike = 8;

    /// <summary>So much must be told apart from silence by who follows a job.</summary>
    private static readonly (string, string) s_heartbeat = ("Jobs:HeartbeatInterval", "1s");

    /// <summary>What each setting may be; the values are far apart, and all within what a small job needs.</summary>
    private static readonly (string Key, string[] Values)[] s_choices =
    [
        ("Node:ChunkBytes", ["64KiB", "256KiB", "1MiB", "4MiB"]),
        ("Node:OfferAgeMax", ["10s", "1min", "10min"]),
        ("Cluster:LookInterval", ["200ms", "1s", "3s"]),
        ("DataPlane:ServedMax", ["8", "64"]),
        ("DataPlane:PulledMax", ["4", "32"]),
        ("DataPlane:StallTimeout", ["2s", "5s"]),
        ("Jobs:JobsRunningMax", ["1", "2", "4"]),
        ("Jobs:JobsQueuedMax", ["16", "64"]),
        ("Jobs:JobsKeptMax", ["64", "256"]),
        ("Jobs:SmallJobFlopsMax", ["1e8", "1e11"]),
        ("Jobs:SweepInterval", ["1s", "1min"]),
        ("Jobs:EventInterval", ["20ms", "50ms", "200ms"]),
        ("Jobs:UploadGracePeriod", ["3s", "10s"]),
        ("Http:HeaderTimeout", ["3s", "10s"]),
    ];

    private static readonly string[] s_memory = ["256MiB", "512MiB", "1GiB"];

    /// <summary>Where nothing but what happens to nodes shall differ.</summary>
    public static NodeSettings Usual { get; } = new("1GiB", Variables([("Jobs:EventInterval", "50ms"), s_heartbeat]));

    /// <summary>What a node has by default.</summary>
    public static NodeSettings Plain { get; } = new("1GiB", []);

    /// <summary>The settings of a seed; drawn apart from its faults, so that a further setting changes none of those.</summary>
    public static NodeSettings Of(int seed)
    {
        var random = new Random(seed / SeedsAlike);
        string memory = s_memory[random.Next(s_memory.Length)];
        return new NodeSettings(memory,
            Variables([.. s_choices.Select(choice => (choice.Key, choice.Values[random.Next(choice.Values.Length)])), s_heartbeat]));
    }

    /// <summary>As a person would say it.</summary>
    public override string ToString() =>
        string.Join(", ", Environment.Select(setting => $"{Key(setting.Name)} {setting.Value}").Prepend($"memory {Memory}"));

    /// <summary>Whether nodes that have these can serve as nodes that have those.</summary>
    public bool IsSame(NodeSettings other) => ToString() == other.ToString();

    private static (string Name, string Value)[] Variables((string Key, string Value)[] settings) =>
        [.. settings.Select(setting => ("ATTN__" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value))];

    private static string Key(string variable) => variable["ATTN__".Length..].Replace("__", ":", StringComparison.Ordinal);
}
