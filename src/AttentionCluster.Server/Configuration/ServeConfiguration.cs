using System.Security.Cryptography;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Server.Jobs;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Configuration;

/// <summary>Makes the options of a node out of what is configured, once.</summary>
internal static class ServeConfiguration
{
    /// <summary>Reads all settings, and prepares the data directory when they are good.</summary>
    /// <param name="layers">From the weakest to the strongest.</param>
    /// <param name="availableBytes">Memory that the process may use, in bytes.</param>
    /// <param name="problems">Everything that is wrong, each with its key and where that was written; empty when nothing is.</param>
    /// <returns>Null when something is wrong.</returns>
    public static ServeOptions? Read(IReadOnlyList<ConfigurationLayer> layers, long availableBytes, out IReadOnlyList<string> problems)
    {
        var settings = new SettingsReader(layers);
        ServeOptions options = Read(settings, availableBytes, out ClusterSecretFile? made);
        if (settings.Problems.Count == 0)
            options = Prepare(settings, options, made);
        problems = settings.Problems;
        return problems.Count == 0 ? options : null;
    }

    /// <summary>Reads all settings and touches nothing.</summary>
    internal static ServeOptions Read(SettingsReader settings, long availableBytes, out ClusterSecretFile? made)
    {
        JobsOptions api = JobsSettings.Read(settings);
        NodeOptions node = NodeSettings.Read(settings, SecuritySettings.ReadTls(settings), api.JobsRunningMax);
        node = node with { Journal = JournalSettings.Read(settings, node.Roles) };
        DataPlaneOptions plane = DataPlaneSettings.Read(settings, SecuritySettings.ReadSecret(settings, node, out made), node);
        HttpOptions http = HttpSettings.Read(settings, SecuritySettings.ReadToken(settings));
        LogLevel level = settings.Value("Logging:Level", LogLevel.Warning, SettingText.Level);
        SecuritySettings.CheckNodeAddresses(settings, node, plane);
        CheckCertificate(settings, http);
        if (MemoryBudget.Of(node, plane, http).Check(availableBytes) is { } refusal)
            settings.Refuse([refusal], NodeSettings.Key);
        settings.RefuseUnknown();
        return new ServeOptions(node, plane, http, api, level);
    }

    private static void CheckCertificate(SettingsReader settings, HttpOptions http)
    {
        if (http is not { CertificateFile: { } certificate, KeyFile: { } key })
            return;
        try
        {
            NodeCertificates.LoadWithKey(certificate, key).Dispose();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            settings.Refuse("Http:CertificateFile",
                $"the files can't be used ({problem.Message}); wanted are PEM files of a certificate and its key");
        }
    }

    private static ServeOptions Prepare(SettingsReader settings, ServeOptions options, ClusterSecretFile? made)
    {
        string directory = options.Node.DataDirectory;

        // The node says so at its start; until then nothing is changed there.
        if (StoreFormat.WhyNot(directory) is not null)
            return options;
        try
        {
            DataDirectory.Make(directory);
            string probe = Path.Combine(directory, $".probe-{Path.GetRandomFileName()}");
            new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
            return made is null
                ? options
                : options with { DataPlane = options.DataPlane with { Secret = made.Write(options.DataPlane.Secret) } };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            settings.Refuse(NodeSettings.Key(nameof(NodeOptions.DataDirectory)),
                $"the folder {directory} can't be written ({problem.Message}); choose another, or change its permissions");
            return options;
        }
    }
}
