using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AttentionCluster.Cluster.Wire;

namespace AttentionCluster.Cluster.Identity;

/// <summary>
/// A node's proof to another that it knows the secret of the cluster, which never goes over the network: HMAC-SHA256 over the other's
/// nonce, both processes (address and number within the cluster), and what the node says of itself. A proof is worth nothing for another
/// process, for another question, or from another process.
/// </summary>
internal sealed class IdentityProof(ClusterKeys keys)
{
    /// <summary>Bytes of a nonce.</summary>
    internal const int NonceBytes = 32;

    private readonly byte[] _key = keys.For("node identity");

    internal static byte[] NewNonce() => RandomNumberGenerator.GetBytes(NonceBytes);

    /// <summary>The proof for an answer, of everything in it but the proof.</summary>
    internal byte[] Of(NodeProcess asker, NodeIdentity answer) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{Convert.ToHexStringLower(answer.Nonce.Span)}\n{asker.Address}\n{asker.Uid}\n{answer.Address}\n{answer.Uid}\n{answer.Name}\n{answer.Cluster}\n{answer.KnowsAsker}")));

    /// <summary>Whether an answer proves what it says; takes the same time for each wrong one.</summary>
    internal bool IsRight(NodeProcess asker, NodeIdentity answer) =>
        CryptographicOperations.FixedTimeEquals(Of(asker, answer), answer.Proof.Span);
}
