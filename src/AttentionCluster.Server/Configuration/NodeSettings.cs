using AttentionCluster.Cluster;

namespace AttentionCluster.Server.Configuration;

/// <summary>The sections <c>Node</c> and <c>Cluster</c>, and <c>Security:Tls</c>.</summary>
internal static class NodeSettings
{
    /// <summary>Properties that other sections decide, or that are read in a way of their own.</summary>
    private static readonly string[] s_others =
        [nameof(NodeOptions.Roles), nameof(NodeOptions.JobsRunningMax), nameof(NodeOptions.Tls), nameof(NodeOptions.Journal)];

    internal static NodeOptions Read(SettingsReader settings, NodeTls? tls, int jobsRunningMax)
    {
        var defaults = new NodeOptions
        {
            DataDirectory = "attn-data",
            ClusterAddress = ("127.0.0.1", 4053),
            Roles = ReadRoles(settings),
            JobsRunningMax = jobsRunningMax,
            Tls = tls,
        };
        NodeOptions node = settings.Bind(defaults, Key, s_others);
        settings.Refuse(node.Validate(), Key);
        return node;
    }

    /// <summary>The key of a property of <see cref="NodeOptions"/>.</summary>
    internal static string Key(string property) => property switch
    {
        nameof(NodeOptions.ClusterAddress) => "Cluster:Listen",
        nameof(NodeOptions.JobsRunningMax) or nameof(NodeOptions.ProgressTimeout) or nameof(NodeOptions.PlanningTimeout) =>
            JobsSettings.Key(property),
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

        return roles == NodeRoles.None && words.Count > 0 ? NodeRoles.Gateway | NodeRoles.Worker : roles;
    }
}
