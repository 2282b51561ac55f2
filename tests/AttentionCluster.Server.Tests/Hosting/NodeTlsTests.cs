using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Tests.DataPlane.Http;
using AttentionCluster.Core.Api;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>With TLS, who has no certificate of the cluster's authority is no node, and disturbs none.</summary>
public sealed class NodeTlsTests : IDisposable
{
    private static readonly TimeSpan s_outsiderTries = TimeSpan.FromSeconds(2);

    private readonly CertificateFiles _cluster = new();
    private readonly CertificateFiles _others = new();

    public void Dispose()
    {
        _cluster.Dispose();
        _others.Dispose();
    }

    [Fact]
    public async Task Nodes_with_certificates_form_a_cluster_that_others_cannot_join()
    {
        await using Node seed = await StartAsync(_cluster.Issue(), null);
        string address = EndTests.AddressOf(seed);

        await using Node member = await StartAsync(_cluster.Issue(), address);
        await AssertRefusedAsync(null, address);
        await AssertRefusedAsync(_others.Issue() with { AuthorityPath = _cluster.Issue().AuthorityPath }, address);
        await AssertRefusedAsync(_others.Issue(), address);
        await using Node later = await StartAsync(_cluster.Issue(), address);

        Assert.Equal(["up", "up", "up"], StatusOf(later).Nodes.Select(node => node.State));
        Assert.Equal(3, StatusOf(seed).Nodes.Count);
    }

    [Fact]
    public async Task A_seed_whose_certificate_is_for_another_host_is_not_believed()
    {
        await using Node seed = await StartAsync(_cluster.Issue(host: "127.0.0.2"), null);

        await AssertRefusedAsync(_cluster.Issue(), EndTests.AddressOf(seed));
    }

    private static ClusterStatus StatusOf(Node node) => node.Serving.Services.GetRequiredService<IClusterView>().Status();

    private static async Task AssertRefusedAsync(NodeTls? tls, string seed) =>
        await Assert.ThrowsAsync<TimeoutException>(() => StartAsync(tls, seed, s_outsiderTries));

    private static Task<Node> StartAsync(NodeTls? tls, string? seed, TimeSpan? timeout = null) => Node.StartAsync(options => options with
    {
        Node = options.Node with
        {
            Tls = tls,
            Seeds = seed is null ? [] : [seed],
            StartTimeout = timeout ?? options.Node.StartTimeout,
            Roles = seed is null ? NodeRoles.Gateway : NodeRoles.Worker
        },
        DataPlane = options.DataPlane with { Tls = tls },
    });
}
