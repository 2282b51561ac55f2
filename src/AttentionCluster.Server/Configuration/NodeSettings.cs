using AttentionCluster.Cluster;

namespace AttentionCluster.Server.Configuration;

/// <summary>The sections <c>Node</c> and <c>Cluster</c>, and <c>Security:Tls</c>.</summary>
internal static class NodeSettings
{
    private static readonly NodeOptions s_defaults = new()
    {
        DataDirectory = "attn-data",
        ClusterAddress = ("127.0.0.1", 4053),
    };

    internal static NodeOptions Read(SettingsReader settings, NodeTls? tls, int jobsRunningMax)
    {
        var node = new NodeOptions
        {
            DataDirectory = settings.Text(Key(nameof(NodeOptions.DataDirectory))) ?? s_defaults.DataDirectory,
            Name = settings.Text(Key(nameof(NodeOptions.Name))) ?? s_defaults.Name,
            Roles = ReadRoles(settings),
            Seeds = settings.List(Key(nameof(NodeOptions.Seeds)), s_defaults.Seeds),
            Threads = settings.Value(Key(nameof(NodeOptions.Threads)), s_defaults.Threads, SettingText.Integer),
            MemoryBytesMax = settings.Value(Key(nameof(NodeOptions.MemoryBytesMax)), s_defaults.MemoryBytesMax, SettingText.Bytes),
            JobsRunningMax = jobsRunningMax,
            ChunkBytes = settings.Value(Key(nameof(NodeOptions.ChunkBytes)), s_defaults.ChunkBytes, SettingText.SmallBytes),
            OfferAgeMax = settings.Value(Key(nameof(NodeOptions.OfferAgeMax)), s_defaults.OfferAgeMax, SettingText.Duration),
            ClusterAddress = settings.Value(Key(nameof(NodeOptions.ClusterAddress)), s_defaults.ClusterAddress, SettingText.Address),
            AdvertisedHost = settings.Text(Key(nameof(NodeOptions.AdvertisedHost))),
            StartTimeout = settings.Value(Key(nameof(NodeOptions.StartTimeout)), s_defaults.StartTimeout, SettingText.Duration),
            LeaveTimeout = settings.Value(Key(nameof(NodeOptions.LeaveTimeout)), s_defaults.LeaveTimeout, SettingText.Duration),
            LookInterval = settings.Value(Key(nameof(NodeOptions.LookInterval)), s_defaults.LookInterval, SettingText.Duration),
            ProgressTimeout = settings.Value(Key(nameof(NodeOptions.ProgressTimeout)), s_defaults.ProgressTimeout, SettingText.Duration),
            PlanningTimeout = settings.Value(Key(nameof(NodeOptions.PlanningTimeout)), s_defaults.PlanningTimeout, SettingText.Duration),
            Tls = tls,
        };
        settings.Refuse(node.Refusals(), Key);
        return node;
    }

    /// <summary>The key of a property of <see cref="NodeOptions"/>.</summary>
    internal static string Key(string property) => property switch
    {
        nameof(NodeOptions.ClusterAddress) => "Cluster:Listen",
        nameof(NodeOptions.JobsRunningMax) or nameof(NodeOptions.ProgressTimeout) or nameof(NodeOptions.PlanningTimeout) => JobsSettings.Key(property),
        nameof(NodeOptions.Seeds) or nameof(NodeOptions.AdvertisedHost) or nameof(NodeOptions.LookInterval) => $"Cluster:{property}",
        _ => $"Node:{property}",
    };

    private static NodeRoles ReadRoles(SettingsReader settings)
    {
        string key = Key(nameof(NodeOptions.Roles));
        IReadOnlyList<string> words = settings.List(key, ["gateway", "worker"]);
        NodeRoles roles = NodeRoles.None;
        foreach (string word in words)
        {
            if (SettingText.Role(word) is { } role)
                roles |= role;
            else
                settings.Refuse(key, $"\"{word}\" is no role; it must be gateway, worker or both");
        }

        return roles == NodeRoles.None && words.Count > 0 ? s_defaults.Roles : roles;
    }
}
