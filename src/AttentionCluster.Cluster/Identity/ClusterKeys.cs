using System.Security.Cryptography;
using System.Text;

namespace AttentionCluster.Cluster.Identity;

/// <summary>
/// The keys that nodes derive from the secret of their cluster, one for each purpose (HKDF, RFC 5869): so what one of them signs proves
/// nothing elsewhere.
/// </summary>
/// <param name="secret">What all nodes of the cluster know, and nobody else.</param>
internal sealed class ClusterKeys(string secret)
{
    private const int KeyBytes = 32;

    private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);

    /// <summary>Those of a node that no other can join: nobody else has them.</summary>
    internal static ClusterKeys OfOneNode() => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes)));

    /// <summary>The key for a purpose, which all nodes name alike.</summary>
    internal byte[] For(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, KeyBytes, info: Encoding.UTF8.GetBytes($"attention-cluster {purpose}"));
}
