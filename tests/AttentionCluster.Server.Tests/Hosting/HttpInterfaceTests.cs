using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Tests.DataPlane.Http;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>What a node answers.</summary>
public sealed class HttpInterfaceTests
{
    private const string Token = "0123456789abcdef";

    [Fact]
    public async Task A_node_tells_its_health_and_its_cluster_and_what_it_does_not_have()
    {
        await using Node node = await Node.StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("/healthz/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("/healthz/ready")).StatusCode);
        JsonElement cluster = await node.Http.GetFromJsonAsync<JsonElement>("/v1/cluster");
        Assert.Equal(["address", "is_up", "nodes"], cluster.EnumerateObject().Select(property => property.Name));
        JsonElement itself = Assert.Single(cluster.GetProperty("nodes").EnumerateArray());
        Assert.Equal(["address", "name", "roles", "state", "worker", "version"],
            itself.EnumerateObject().Select(property => property.Name));
        Assert.Equal(cluster.GetProperty("address").GetString(), itself.GetProperty("address").GetString());
        Assert.Equal(["gateway", "worker"], itself.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        await AssertProblem(await node.Http.GetAsync("/v1/nothing"), HttpStatusCode.NotFound, "not-found");
        await AssertProblem(await node.Http.DeleteAsync("/v1/cluster"), HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }

    [Fact]
    public async Task A_gateway_without_a_worker_is_alive_and_not_ready()
    {
        await using Node node = await Node.StartAsync(options => options with { Node = options.Node with { Roles = NodeRoles.Gateway } });

        Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("/healthz/live")).StatusCode);
        await AssertProblem(await node.Http.GetAsync("/healthz/ready"), HttpStatusCode.ServiceUnavailable, "not-ready", "no worker is up");
    }

    [Fact]
    public async Task With_a_token_all_but_health_wants_it()
    {
        await using Node node = await Node.StartAsync(options => options with { Http = options.Http with { Token = Token } });

        Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("/healthz/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("/healthz/ready")).StatusCode);
        foreach (string? wrong in new[] { null, "Bearer", "Bearer ", $"Bearer {Token}x", $"Bearer {Token[1..]}", $"Bearer  {Token}",
            $"Basic {Token}", Token })
        {
            HttpResponseMessage answer = await AskAsync(node, "/v1/cluster", wrong);
            await AssertProblem(answer, HttpStatusCode.Unauthorized, "token-missing");
            Assert.Equal("Bearer realm=\"AttentionCluster\"", answer.Headers.WwwAuthenticate.ToString());
        }

        await AssertProblem(await AskAsync(node, "/v1/nothing", null), HttpStatusCode.Unauthorized, "token-missing");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(node, "/v1/cluster", $"Bearer {Token}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(node, "/v1/cluster", $"bearer {Token}")).StatusCode);
    }

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    [InlineData("/v1/cluster")]
    public async Task HEAD_is_wherever_GET_is_and_nothing_else(string path)
    {
        await using Node node = await Node.StartAsync();

        using var head = new HttpRequestMessage(HttpMethod.Head, path);
        Assert.Equal(HttpStatusCode.OK, (await node.Http.SendAsync(head)).StatusCode);
        using HttpResponseMessage put = await node.Http.PutAsync(path, null);
        await AssertProblem(put, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(["GET", "HEAD"], put.Content.Headers.Allow.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Http_2_is_spoken_without_tls_on_the_same_port_and_is_bound_by_the_same_limits()
    {
        await using Node node = await Node.StartAsync(options => options with
        {
            Http = options.Http with { ConnectionsMax = 1, Token = Token, IdleTimeout = TimeSpan.FromSeconds(1) },
        });
        using var http2 = new HttpClient
        {
            BaseAddress = node.Http.BaseAddress,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact
        };

        using HttpResponseMessage live = await http2.GetAsync("/healthz/live").InTime();
        Assert.Equal((HttpStatusCode.OK, 2), (live.StatusCode, live.Version.Major));
        await AssertProblem(await http2.GetAsync("/v1/cluster").InTime(), HttpStatusCode.Unauthorized, "token-missing");

        // Another connection takes the place of the idle one, whatever they speak.
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(node, "/v1/cluster", $"Bearer {Token}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http2.GetAsync("/healthz/live").InTime()).StatusCode);
        Assert.Equal(node.Http.BaseAddress, new Uri(Assert.Single(node.Serving.Urls)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PRI * HTTP/2.0")]
    public async Task A_connection_that_does_not_go_on_with_its_beginning_is_closed(string beginning)
    {
        await using Node node = await Node.StartAsync(options => options with
        {
            Http = options.Http with { IdleTimeout = TimeSpan.FromSeconds(1), HeaderTimeout = TimeSpan.FromSeconds(1) },
        });
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, node.Http.BaseAddress!.Port).InTime();
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(beginning));

        byte[] rest = new byte[100];
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            if (await client.GetStream().ReadAsync(rest).AsTask().InTime() == 0)
                throw new IOException("closed");
        });
    }

    [Fact]
    public async Task Https_has_the_certificate_that_it_was_given()
    {
        using var certificates = new CertificateFiles();
        NodeTls files = certificates.Issue();
        await using Node node = await Node.StartAsync(options => options with
        {
            Http = options.Http with { Urls = ["https://127.0.0.1:0"], CertificateFile = files.CertificatePath, KeyFile = files.KeyPath },
        });
        using NodeCertificates trusted = NodeCertificates.Load(files);
        using var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trusted.PeerPolicy() } };
        using var http = new HttpClient(handler) { BaseAddress = node.Http.BaseAddress };

        Assert.StartsWith("https://", node.Serving.Urls.First(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/healthz/live").InTime()).StatusCode);
    }

    [Fact]
    public async Task A_node_that_leaves_takes_no_request_and_says_so()
    {
        await using Node node = await Node.StartAsync();

        Assert.True(await node.Serving.LeaveAsync().InTime());

        await AssertProblem(await node.Http.GetAsync("/v1/cluster"), HttpStatusCode.ServiceUnavailable, "shutting-down");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await node.Http.GetAsync("/healthz/live")).StatusCode);
    }

    private static Task<HttpResponseMessage> AskAsync(Node node, string path, string? authorization)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return node.Http.SendAsync(request);
    }

    private static async Task AssertProblem(HttpResponseMessage answer, HttpStatusCode status, string code, string? detail = null)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(new MediaTypeHeaderValue("application/problem+json"), answer.Content.Headers.ContentType);
        JsonElement problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((code, (int)status), (problem.GetProperty("code").GetString(), problem.GetProperty("status").GetInt32()));
        if (detail is not null)
            Assert.Equal(detail, problem.GetProperty("detail").GetString());
    }
}
