using System.Net;
using System.Security.Cryptography;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Server.Configuration;

/// <summary>The section <c>Security</c>.</summary>
internal static class SecuritySettings
{
    internal const string Secret = "Security:Secret";

    private const string SecretFile = "Security:SecretFile";
    private const string Insecure = "Security:Insecure";
    private const string Certificate = "Security:Tls:CertificateFile";
    private const string Key = "Security:Tls:KeyFile";
    private const string Authority = "Security:Tls:AuthorityFile";

    /// <summary>Characters of the longest secret or token in a file: more is some other file.</summary>
    private const int FileLengthMax = 4096;

    /// <summary>Mutual TLS between nodes, if all of its files are named and can be used.</summary>
    internal static NodeTls? ReadTls(SettingsReader settings)
    {
        (string Key, string? Path)[] files = [.. new[] { Certificate, Key, Authority }.Select(key => (key, settings.Text(key)))];
        if (files.All(file => file.Path is null))
            return null;
        if (files.FirstOrDefault(file => file.Path is null) is { Key: { } missing })
        {
            settings.Refuse(missing, "TLS between nodes takes all three: a certificate, its key, and the authority that has issued those "
                + "of all nodes");
            return null;
        }

        var tls = new NodeTls(files[0].Path!, files[1].Path!, files[2].Path!);
        try
        {
            NodeCertificates.Load(tls).Dispose();
            return tls;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            settings.Refuse(Certificate, $"the files can't be used ({problem.Message}); wanted are PEM files of a certificate, its key and "
                + "its authority");
            return null;
        }
    }

    /// <summary>The token of the public interface; null for none.</summary>
    internal static string? ReadToken(SettingsReader settings) => TextOrFile(settings, "Security:Token", "Security:TokenFile");

    /// <summary>
    /// The secret that the nodes of a cluster share: written in the configuration, or in a file, which is one in the data directory
    /// unless another is named.
    /// </summary>
    /// <param name="settings">Where it is read from.</param>
    /// <param name="node">A node without seeds starts a cluster, and so may make the secret of it.</param>
    /// <param name="made">The file that is yet to be written, with the secret that is returned; null when there is nothing to
    /// write.</param>
    internal static string ReadSecret(SettingsReader settings, NodeOptions node, out ClusterSecretFile? made)
    {
        made = null;
        if (TextOrFile(settings, Secret, SecretFile) is { } secret)
            return secret;
        var file = new ClusterSecretFile(node.DataDirectory);
        if (file.Exists)
            return ReadFile(settings, SecretFile, file.Path) ?? Placeholder();
        if (node.Seeds.Count == 0)
            made = file;
        else if (settings.Text(SecretFile) is null)
            settings.Refuse(SecretFile, $"a node with seeds needs the secret of its cluster, and there is no {file.Path}: the node that "
                + "has started the cluster has it in its data directory");
        return Placeholder();
    }

    /// <summary>Refuses to let everyone who reaches an address be a node, unless that is what was asked for.</summary>
    internal static void CheckNodeAddresses(SettingsReader settings, NodeOptions node, DataPlaneOptions plane)
    {
        bool mayBeInsecure = settings.Value(Insecure, false, SettingText.Flag);
        if (mayBeInsecure || node.Tls is not null)
            return;
        foreach ((string key, string host) in new[] { ("Cluster:Listen", node.ClusterAddress.Host),
            ("DataPlane:Listen", plane.Listen.Host) })
        {
            if (!IsLoopback(host))
                settings.Refuse(key, $"{host} can be reached from other machines: that needs Security:Tls, or {Insecure} for a network in "
                    + "which everyone may be a node and see all tensors");
        }
    }

    private static bool IsLoopback(string host) => host == "localhost"
        || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>A new secret: one is wanted, or stands for one that can't be read.</summary>
    private static string Placeholder() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(DataPlaneOptions.SecretLengthMin));

    /// <summary>What is secret, or the file that has it.</summary>
    internal static string? TextOrFile(SettingsReader settings, string textKey, string fileKey)
    {
        (string? text, string? path) = (settings.Text(textKey), settings.Text(fileKey));
        if (text is not null && path is not null)
            settings.Refuse(fileKey, $"{textKey} is written as well; only one of them counts, so write only one");
        return text ?? (path is null ? null : ReadFile(settings, fileKey, path));
    }

    private static string? ReadFile(SettingsReader settings, string key, string path)
    {
        try
        {
            using var file = new StreamReader(DurableFile.OpenToRead(path));
            char[] text = new char[FileLengthMax + 1];
            int length = file.ReadBlock(text);
            if (length <= FileLengthMax)
                return new string(text, 0, length).Trim();
            settings.Refuse(key, $"{path} is longer than {FileLengthMax} characters: is it another file?");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            settings.Refuse(key, $"the file can't be read: {problem.Message}");
        }

        return null;
    }
}
