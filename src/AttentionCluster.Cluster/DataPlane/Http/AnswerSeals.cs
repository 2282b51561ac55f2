using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AttentionCluster.Cluster.Identity;

namespace AttentionCluster.Cluster.DataPlane.Http;

/// <summary>
/// The proof that an answer comes from a node of the cluster, as <see cref="RequestSignature"/> is that of a request: another process may
/// have the port by now. It holds for one request, by a nonce that comes with it, and for its status. Rows bear seals besides, under a key
/// of that answer.
/// </summary>
/// <param name="secret">The cluster's.</param>
internal sealed class AnswerSeals(string secret)
{
    /// <summary>Of a request: random, and used once.</summary>
    public const string NonceHeader = "Attn-Nonce";

    /// <summary>Of an answer: the proof.</summary>
    public const string ProofHeader = "Attn-Proof";

    /// <summary>Of an answer with rows: random, so that the key of their seals is used once, whatever nonce came.</summary>
    public const string SaltHeader = "Attn-Salt";

    private const int RandomBytes = 16;

    private readonly byte[] _answers = new ClusterKeys(secret).For("answer");
    private readonly byte[] _rows = new ClusterKeys(secret).For("rows");

    /// <summary>For <see cref="NonceHeader"/> and <see cref="SaltHeader"/>.</summary>
    public static string NewRandom() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>The proof's text.</summary>
    public string Proof(string nonce, string method, string target, int status) => Convert.ToHexStringLower(HMACSHA256.HashData(
        _answers, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{nonce}\n{method}\n{target}\n{status}"))));

    /// <summary>Whether an answer brings the proof; takes the same time for each wrong one.</summary>
    public bool IsRight(string? brought, string nonce, string method, string target, int status) =>
        brought is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(brought),
            Encoding.ASCII.GetBytes(Proof(nonce, method, target, status)));

    /// <summary>The seal of the rows of an answer.</summary>
    public ByteSeal OfRows(string nonce, string salt, string target) =>
        new(HMACSHA256.HashData(_rows, Encoding.UTF8.GetBytes($"{nonce}\n{salt}\n{target}")));
}
