using System.Globalization;
using System.Net;
using System.Text;
using AttentionCluster.Core.Tests.Fuzzing;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>What a page in a browser on a node's machine can have that browser send, and what other clients send.</summary>
[Collection(FuzzCollection.Name)]
public sealed class HostAndOriginTests : IClassFixture<HostAndOriginTests.OneNode>
{
    private const string Token = "0123456789abcdef";
    private const string Drain = "/v1/cluster/nodes/nobody/drain";

    /// <summary>Longer than any answer takes.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Node _node;

    public HostAndOriginTests(OneNode node) => _node = node.Node;

    [Theory]
    [InlineData("localhost:{port}")]
    [InlineData("127.0.0.1:{port}")]
    [InlineData("LOCALHOST:{port}")]
    [InlineData("LocalHost.:{port}")]
    [InlineData("localhost")]
    [InlineData("localhost:1")]
    [InlineData("127.1.2.3:{port}")]
    [InlineData("[::1]:{port}")]
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task A_request_by_a_name_of_loopback_is_answered(string host) =>
        Assert.Equal((200, ""), await AskAsync(_node, "GET /v1/cluster", $"Host: {host}"));

    [Theory]
    [InlineData("evil.com")]
    [InlineData("evil.com:{port}")]
    [InlineData("localhost.evil.com:{port}")]
    [InlineData("127.0.0.1.evil.com:{port}")]
    [InlineData("evil-localhost:{port}")]
    [InlineData("127.0.0.1.:{port}")]
    [InlineData("localhost..")]
    [InlineData("192.168.0.1:{port}")]
    [InlineData("0.0.0.0:{port}")]
    [InlineData("2130706433:{port}")]
    [InlineData("0x7f000001:{port}")]
    [InlineData("127.1:{port}")]
    [InlineData("0177.0.0.1")]
    [InlineData("[::2]:{port}")]
    [InlineData("[fe80::1]:{port}")]
    public async Task A_request_by_another_name_is_refused_even_if_it_only_reads_and_health_is_told(string host)
    {
        Assert.Equal((403, "host-not-allowed"), await AskAsync(_node, "GET /v1/cluster", $"Host: {host}"));
        Assert.Equal((403, "host-not-allowed"), await AskAsync(_node, $"POST {Drain}", $"Host: {host}"));
        Assert.Equal((403, "host-not-allowed"), await AskAsync(_node, "GET /nothing", $"Host: {host}"));
        Assert.Equal((200, ""), await AskAsync(_node, "GET /healthz/ready", $"Host: {host}"));
    }

    [Theory]
    [InlineData("HTTP/1.1", "X: y")]
    [InlineData("HTTP/1.1", "Host: ")]
    [InlineData("HTTP/1.0", "X: y")]
    [InlineData("HTTP/1.1", "Host: localhost\r\nHost: evil.com")]
    [InlineData("HTTP/1.1", "Host: local host")]
    [InlineData("HTTP/1.1", "Host: localhost:x")]
    [InlineData("HTTP/1.1", "Host: user@localhost")]
    public async Task A_request_without_one_name_is_bad(string version, string headers) =>
        Assert.Equal(400, (await AskAsync(_node, "GET /v1/cluster", headers, version)).Status);

    [Fact]
    public async Task An_absolute_target_names_the_host()
    {
        Assert.Equal((200, ""), await AskAsync(_node, "GET http://localhost/v1/cluster", "Host: localhost"));
        Assert.Equal((403, "host-not-allowed"), await AskAsync(_node, "GET http://evil.com/v1/cluster", "Host: evil.com"));
        Assert.Equal(400, (await AskAsync(_node, "GET http://evil.com/v1/cluster", "Host: localhost")).Status);
        Assert.Equal(400, (await AskAsync(_node, "GET http://localhost/v1/cluster", "Host: evil.com")).Status);
    }

    [Theory]
    [InlineData("Origin: http://evil.com")]
    [InlineData("Origin: https://localhost.evil.com:{port}")]
    [InlineData("Origin: http://localhost")]
    [InlineData("Origin: http://localhost:3000")]
    [InlineData("Origin: http://127.0.0.1:{port}")]
    [InlineData("Origin: null")]
    [InlineData("Origin: NULL")]
    [InlineData("Origin: ")]
    [InlineData("Origin: file://")]
    [InlineData("Origin: chrome-extension://abc")]
    [InlineData("Origin: localhost:{port}")]
    [InlineData("Origin: http://localhost:{port}\r\nOrigin: http://evil.com")]
    [InlineData("Origin: http://localhost:{port} http://evil.com")]
    [InlineData("Sec-Fetch-Site: cross-site")]
    [InlineData("Sec-Fetch-Site: same-site")]
    [InlineData("Sec-Fetch-Site: CROSS-SITE")]
    [InlineData("Sec-Fetch-Site: same-origin\r\nOrigin: http://evil.com")]
    [InlineData("Origin: http://localhost:{port}\r\nSec-Fetch-Site: cross-site")]
    public async Task A_page_of_another_site_can_change_nothing(string headers)
    {
        foreach (string request in (string[])[$"POST {Drain}", "POST /v1/jobs", "POST /v1/attention", "DELETE /v1/jobs/x",
            "PUT /v1/jobs/x", "PATCH /v1/jobs/x", "POST /nothing"])
            Assert.Equal((403, "origin-not-allowed"),
                await AskAsync(_node, request, $"Host: localhost:{{port}}\r\nContent-Type: text/plain\r\n{headers}"));
        Assert.Equal((200, ""), await AskAsync(_node, "GET /v1/cluster", $"Host: localhost:{{port}}\r\n{headers}"));
    }

    [Theory]
    [InlineData("Host: localhost:{port}")]
    [InlineData("Host: localhost:{port}\r\nOrigin: http://localhost:{port}")]
    [InlineData("Host: localhost:{port}\r\nOrigin: http://LOCALHOST:{port}\r\nSec-Fetch-Site: same-origin")]
    [InlineData("Host: [::1]:{port}\r\nOrigin: http://[::1]:{port}")]
    [InlineData("Host: localhost\r\nOrigin: http://localhost")]
    [InlineData("Host: localhost\r\nOrigin: https://localhost")]
    [InlineData("Host: localhost:{port}\r\nSec-Fetch-Site: none")]
    public async Task Clients_that_are_no_page_and_pages_of_the_node_itself_can(string headers)
    {
        Assert.Equal((404, "no-such-node"), await AskAsync(_node, $"POST {Drain}", headers));
        Assert.Equal((404, "no-such-job"), await AskAsync(_node, "DELETE /v1/jobs/x", headers));
    }

    [Fact]
    public async Task Hosts_can_be_named_and_a_page_of_one_is_at_home()
    {
        await using Node node = await Node.StartAsync(options => options with
        {
            Http = options.Http with { AllowedHosts = ["attn.example.com", "*.lan", "10.0.0.7"] },
        });

        foreach (string host in (string[])["attn.example.com", "ATTN.example.com:8080", "a.lan", "10.0.0.7", "localhost"])
            Assert.Equal((200, ""), await AskAsync(node, "GET /v1/cluster", $"Host: {host}"));
        foreach (string host in (string[])["example.com", "x.attn.example.com", "lan", "a.lan.evil.com", "10.0.0.8"])
            Assert.Equal((403, "host-not-allowed"), await AskAsync(node, "GET /v1/cluster", $"Host: {host}"));

        // A proxy that ends TLS keeps the name that it was called by, or has one of its own.
        Assert.Equal((404, "no-such-node"), await AskAsync(node, $"POST {Drain}", "Host: attn.example.com\r\nOrigin: "
            + "https://attn.example.com"));
        Assert.Equal((404, "no-such-node"), await AskAsync(node, $"POST {Drain}", "Host: localhost:{port}\r\nOrigin: "
            + "https://attn.example.com"));
        Assert.Equal((403, "origin-not-allowed"),
            await AskAsync(node, $"POST {Drain}", "Host: attn.example.com\r\nOrigin: https://attn.example.com:8443"));
        Assert.Equal((403, "origin-not-allowed"),
            await AskAsync(node, $"POST {Drain}", "Host: attn.example.com\r\nOrigin: https://example.com"));
    }

    [Theory]
    [InlineData(true, "gateway-1:8080", true)]
    [InlineData(true, "10.1.2.3", true)]
    [InlineData(false, "10.1.2.3", true)]
    [InlineData(false, "[fd00::1]", true)]
    [InlineData(false, "127.0.0.1:8080", true)]
    [InlineData(false, "gateway-1:8080", false)]
    [InlineData(false, "evil.com", false)]
    public void Beyond_loopback_any_address_will_do_and_with_a_token_any_name(bool hasToken, string host, bool isAllowed)
    {
        var options = new HttpOptions { Urls = ["http://0.0.0.0:8080"], Token = hasToken ? Token : null, AllowAnonymous = !hasToken };

        Assert.Equal(isAllowed, new HostFilter(options).Allows(new Microsoft.AspNetCore.Http.HostString(host).Host));
        Assert.False(new HostFilter(options with { AllowedHosts = ["other"] }).Allows("evil.com"));
        Assert.True(new HostFilter(options with { AllowedHosts = ["*"] }).Allows("evil.com"));
    }

    [Fact]
    public async Task With_a_token_origins_are_looked_at_all_the_same()
    {
        await using Node node = await Node.StartAsync(options => options with { Http = options.Http with { Token = Token } });
        const string right = $"Authorization: Bearer {Token}\r\n";

        Assert.Equal((403, "origin-not-allowed"),
            await AskAsync(node, $"POST {Drain}", right + "Host: localhost\r\nOrigin: http://evil.com"));
        Assert.Equal((403, "host-not-allowed"), await AskAsync(node, $"POST {Drain}", right + "Host: evil.com\r\nOrigin: http://evil.com"));
        Assert.Equal((404, "no-such-node"), await AskAsync(node, $"POST {Drain}", right + "Host: localhost"));
        Assert.Equal((401, "token-missing"), await AskAsync(node, $"POST {Drain}", "Host: evil.com\r\nOrigin: http://evil.com"));
    }

    private static async Task<(int Status, string Code)> AskAsync(Node node, string request, string headers, string version = "HTTP/1.1")
    {
        int port = new Uri(node.Serving.Urls.First()).Port;
        string text = $"{request} {version}\r\n{headers}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".Replace("{port}", $"{port}",
            StringComparison.Ordinal);
        string answer = await RawExchange.SendAsync(new IPEndPoint(IPAddress.Loopback, port), Encoding.Latin1.GetBytes(text), s_patience);
        string code = answer.Split("\"code\":\"") is [_, { } rest] ? rest.Split('"')[0] : "";
        return (int.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture), code);
    }

    public sealed class OneNode : IAsyncLifetime
    {
        internal Node Node { get; private set; } = null!;

        public async Task InitializeAsync() => Node = await Node.StartAsync();

        public async Task DisposeAsync() => await Node.DisposeAsync();
    }
}
