using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AttentionCluster.Cluster;

/// <summary>The certificates of <see cref="NodeTls"/>, read.</summary>
internal sealed class NodeCertificates : IDisposable
{
    private readonly X509Certificate2 _authority;

    private NodeCertificates(X509Certificate2 own, X509Certificate2 authority) => (Own, _authority) = (own, authority);

    /// <summary>This node's, with its private key.</summary>
    public X509Certificate2 Own { get; }

    /// <summary>Reads the files.</summary>
    /// <exception cref="IOException">One can't be read.</exception>
    /// <exception cref="CryptographicException">One is no such certificate, or the key does not belong to it.</exception>
    public static NodeCertificates Load(NodeTls tls)
    {
        X509Certificate2 own = LoadWithKey(tls.CertificatePath, tls.KeyPath);
        try
        {
            return new NodeCertificates(own, X509CertificateLoader.LoadCertificateFromFile(tls.AuthorityPath));
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }

    /// <summary>Reads a certificate and its private key, both in PEM.</summary>
    /// <exception cref="IOException">A file can't be read.</exception>
    /// <exception cref="CryptographicException">One is no such thing, or the key does not belong to the certificate.</exception>
    public static X509Certificate2 LoadWithKey(string certificatePath, string keyPath)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
        }
        catch (ArgumentException problem)
        {
            throw new CryptographicException($"the key in {keyPath} is not that of the certificate in {certificatePath}", problem);
        }
    }

    /// <summary>
    /// How the other side is checked: issued by the authority, and by none that the machine trusts besides. A private authority
    /// publishes no revocations; a node that must go is given another authority, or its secret is changed everywhere else.
    /// </summary>
    public X509ChainPolicy PeerPolicy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { _authority },
        RevocationMode = X509RevocationMode.NoCheck,
    };

    /// <summary>
    /// Whether the other side of a connection belongs: <see cref="PeerPolicy"/> for what takes a callback instead of a policy.
    /// </summary>
    /// <param name="certificate">What the other side has shown; null when nothing.</param>
    /// <param name="errors">What the platform found, against the authorities that the machine trusts.</param>
    public bool IsPeer(X509Certificate2? certificate, SslPolicyErrors errors)
    {
        if (certificate is null
            || (errors & (SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable)) != 0)
            return false;
        using var chain = new X509Chain { ChainPolicy = PeerPolicy() };
        return chain.Build(certificate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Own.Dispose();
        _authority.Dispose();
    }
}
