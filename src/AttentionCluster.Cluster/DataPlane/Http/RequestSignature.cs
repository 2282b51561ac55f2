using System.Security.Cryptography;
using System.Text;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>
/// The proof that a request comes from a node of the cluster: HMAC-SHA256 over method and target under the shared secret, in the header
/// <c>Authorization</c>. The secret itself is never sent. There is no clock in it: what an eavesdropper could replay is the reading of
/// what it has just seen, since ids of payloads are used once.
/// </summary>
internal sealed class RequestSignature(string secret)
{
    /// <summary>How the header begins.</summary>
    public const string Scheme = "ATTN-HMAC-SHA256 ";

    private readonly byte[] _key = Encoding.UTF8.GetBytes(secret);

    /// <summary>The header's value.</summary>
    /// <param name="method">As in the request line.</param>
    /// <param name="target">Path and query, as in the request line.</param>
    public string Sign(string method, string target) => Scheme + Convert.ToHexStringLower(Hash(method, target));

    /// <summary>Whether a header's value is right; takes the same time for each wrong one.</summary>
    /// <param name="authorization">What the request brought; may be empty.</param>
    /// <param name="method">As in the request line.</param>
    /// <param name="target">Path and query, as in the request line.</param>
    public bool IsRight(string authorization, string method, string target)
    {
        Span<byte> brought = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return authorization.Length == Scheme.Length + (2 * brought.Length)
            && authorization.StartsWith(Scheme, StringComparison.Ordinal)
            && Convert.FromHexString(authorization.AsSpan(Scheme.Length), brought, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(brought, Hash(method, target));
    }

    private byte[] Hash(string method, string target) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{method}\n{target}"));
}
