using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>An authority, and certificates that it issues for nodes on loopback.</summary>
internal sealed class CertificateFiles : IDisposable
{
    private static readonly DateTimeOffset s_from = DateTimeOffset.UtcNow.AddDays(-1);
    private static readonly DateTimeOffset s_until = DateTimeOffset.UtcNow.AddDays(1);

    private readonly TemporaryFolder _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private int _issued;

    internal CertificateFiles()
    {
        var request = new CertificateRequest("CN=the cluster", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        _authority = request.CreateSelfSigned(s_from, s_until);
    }

    /// <summary>The files of one node.</summary>
    /// <param name="host">The address in its certificate.</param>
    internal NodeTls Issue(string host = "127.0.0.1")
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(host));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(_authority, s_from, s_until, BitConverter.GetBytes(++_issued));
        return new NodeTls(
            Write("certificate", certificate.ExportCertificatePem()), Write("key", key.ExportPkcs8PrivateKeyPem()),
                Write("authority", _authority.ExportCertificatePem()));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    private string Write(string name, string pem)
    {
        string path = Path.Combine(_folder.Path, $"{name}-{_issued}.pem");
        File.WriteAllText(path, pem);
        return path;
    }
}
