using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane.Http;

namespace AttentionCluster.Server.Configuration;

/// <summary>The section <c>DataPlane</c>.</summary>
internal static class DataPlaneSettings
{
    private static readonly DataPlaneOptions s_defaults = new() { Secret = "", Listen = ("127.0.0.1", 4054) };

    /// <param name="settings">Where it is read from.</param>
    /// <param name="secret">What it signs with.</param>
    /// <param name="node">The node, which is usually reached by the same host for everything.</param>
    internal static DataPlaneOptions Read(SettingsReader settings, string secret, NodeOptions node)
    {
        var plane = new DataPlaneOptions
        {
            Secret = secret,
            Tls = node.Tls,
            Listen = settings.Value(Key(nameof(DataPlaneOptions.Listen)), s_defaults.Listen, SettingText.Address),
            AdvertisedHost = settings.Text(Key(nameof(DataPlaneOptions.AdvertisedHost))) ?? node.AdvertisedHost,
            ServedMax = settings.Value(Key(nameof(DataPlaneOptions.ServedMax)), s_defaults.ServedMax, SettingText.Integer),
            PulledMax = settings.Value(Key(nameof(DataPlaneOptions.PulledMax)), s_defaults.PulledMax, SettingText.Integer),
            ConnectionsMax = settings.Value(Key(nameof(DataPlaneOptions.ConnectionsMax)), s_defaults.ConnectionsMax, SettingText.Integer),
            ConnectTimeout = settings.Value(Key(nameof(DataPlaneOptions.ConnectTimeout)), s_defaults.ConnectTimeout, SettingText.Duration),
            StallTimeout = settings.Value(Key(nameof(DataPlaneOptions.StallTimeout)), s_defaults.StallTimeout, SettingText.Duration),
            BytesPerSecondMin = settings.Value(Key(nameof(DataPlaneOptions.BytesPerSecondMin)), s_defaults.BytesPerSecondMin, SettingText.SmallBytes),
            BusyRetriesMax = settings.Value(Key(nameof(DataPlaneOptions.BusyRetriesMax)), s_defaults.BusyRetriesMax, SettingText.Integer),
        };
        settings.Refuse(plane.Validate(), Key);
        return plane;
    }

    /// <summary>The key of a property of <see cref="DataPlaneOptions"/>.</summary>
    private static string Key(string property) => property switch
    {
        nameof(DataPlaneOptions.Secret) => SecuritySettings.Secret,
        _ => $"DataPlane:{property}",
    };
}
