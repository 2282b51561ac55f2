using Akka.Hosting;
using Akka.Remote.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Cluster.Hosting;

/// <summary>Where a node listens for the others, and how both ends prove to belong to one cluster.</summary>
internal static class RemotingHosting
{
    internal static IServiceCollection AddRemoting(this IServiceCollection services, NodeOptions options)
    {
        if (options.Tls is { } tls)
            services.AddSingleton(_ => NodeCertificates.Load(tls));
        return services.AddHostedService<ClusterListener>();
    }

    internal static AkkaConfigurationBuilder WithRemoting(
        this AkkaConfigurationBuilder builder, IServiceProvider provider, NodeOptions options) =>
        builder.WithRemoting(new RemoteOptions
        {
            HostName = options.ClusterAddress.Host,
            Port = options.ClusterAddress.Port,
            PublicHostName = options.AdvertisedHost,
            EnableSsl = options.Tls is not null,
            Ssl = options.Tls is null ? new SslOptions() : Ssl(provider.GetRequiredService<NodeCertificates>()),
        });

    /// <summary>Both ends show a certificate, and each checks the other's by the cluster's authority alone.</summary>
    private static SslOptions Ssl(NodeCertificates certificates) => new()
    {
        X509Certificate = certificates.Own,
        RequireMutualAuthentication = true,
        ValidateCertificateHostname = true,
        CustomValidator = (certificate, _, _, errors, _) => certificates.IsPeer(certificate, errors),
    };
}
