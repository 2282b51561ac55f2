using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane.Http;

namespace AttentionCluster.Server.Configuration;

/// <summary>The section <c>DataPlane</c>.</summary>
internal static class DataPlaneSettings
{
    /// <param name="settings">Where it is read from.</param>
    /// <param name="secret">What it signs with.</param>
    /// <param name="node">The node, which is usually reached by the same host for everything.</param>
    internal static DataPlaneOptions Read(SettingsReader settings, string secret, NodeOptions node)
    {
        var defaults = new DataPlaneOptions
        {
            Secret = secret,
            Tls = node.Tls,
            Listen = ("127.0.0.1", 4054),
            AdvertisedHost = node.AdvertisedHost
        };
        DataPlaneOptions plane = settings.Bind(defaults, Key, except: [nameof(DataPlaneOptions.Secret), nameof(DataPlaneOptions.Tls)]);
        settings.Refuse(plane.Validate(), Key);
        return plane;
    }

    /// <summary>The key of a property of <see cref="DataPlaneOptions"/>.</summary>
    internal static string Key(string property) => property switch
    {
        nameof(DataPlaneOptions.Secret) => SecuritySettings.Secret,
        _ => $"DataPlane:{property}",
    };
}
