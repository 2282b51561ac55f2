using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>With TLS, both ends prove that they belong, and nothing goes in the clear.</summary>
public sealed class HttpTlsTests : IDisposable
{
    private readonly CertificateFiles _cluster = new();
    private readonly CertificateFiles _others = new();

    [Fact]
    public async Task Nodes_of_one_authority_pull_from_each_other()
    {
        await using HttpNode source = await StartAsync("ann", _cluster.Issue());
        await using HttpNode destination = await StartAsync("bob", _cluster.Issue());

        Assert.Equal(HttpNode.Bytes(100_000), await destination.PullAsync(source.Publish(100_000)));
    }

    [Fact]
    public async Task A_node_that_another_authority_has_certified_is_refused_though_it_trusts_this_one()
    {
        await using HttpNode source = await StartAsync("ann", _cluster.Issue());
        NodeTls foreign = _others.Issue() with { AuthorityPath = _cluster.Issue().AuthorityPath };
        await using HttpNode stranger = await StartAsync("eve", foreign);

        await stranger.PullFailsAsync(source.Publish(1000));

        Assert.Equal(1000, source.Offered.Bytes);
    }

    [Fact]
    public async Task A_source_that_another_authority_has_certified_is_not_believed_though_it_trusts_this_one()
    {
        NodeTls foreign = _others.Issue() with { AuthorityPath = _cluster.Issue().AuthorityPath };
        await using HttpNode impostor = await StartAsync("ann", foreign);
        await using HttpNode destination = await StartAsync("bob", _cluster.Issue());

        DataPlaneException error = await destination.PullFailsAsync(impostor.Publish(1000));

        Assert.Matches("node ann at .* can't be reached: .*certificate", error.Message);
    }

    [Fact]
    public async Task A_source_whose_certificate_is_for_another_host_is_not_believed()
    {
        await using HttpNode source = await StartAsync("ann", _cluster.Issue(host: "127.0.0.2"));
        await using HttpNode destination = await StartAsync("bob", _cluster.Issue());

        DataPlaneException error = await destination.PullFailsAsync(source.Publish(1000));

        Assert.Matches("node ann at .* can't be reached: .*RemoteCertificateNameMismatch", error.Message);
    }

    [Fact]
    public async Task A_node_without_a_certificate_gets_nothing_even_with_the_secret()
    {
        await using HttpNode source = await StartAsync("ann", _cluster.Issue());
        await using HttpNode plain = await StartAsync("bob", null);
        Claim claim = source.Publish(1000);
        string target = DataPlaneRoutes.ToPayload(claim);
        using NodeCertificates trusted = NodeCertificates.Load(_cluster.Issue());
        using var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trusted.PeerPolicy() } };
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{source.Address}{target}");
        request.Headers.TryAddWithoutValidation("Authorization", new RequestSignature(HttpNode.Secret).Sign("GET", target));

        await plain.PullFailsAsync(claim);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => http.SendAsync(request).InTime());

        Assert.Equal(1000, source.Offered.Bytes);
    }

    public void Dispose()
    {
        _cluster.Dispose();
        _others.Dispose();
    }

    private static Task<HttpNode> StartAsync(string name, NodeTls? tls) => HttpNode.StartAsync(name, options => options with { Tls = tls });
}
