using System.Reflection;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>Who is not of the cluster gets nothing and learns nothing, and who is gets what is offered and nothing else.</summary>
public sealed class HttpSecurityTests : IAsyncLifetime
{
    private static readonly RequestSignature s_right = new(HttpNode.Secret);
    private static readonly RequestSignature s_wrong = new(HttpNode.Secret[..^1] + "0");

    private HttpNode _node = null!;
    private Claim _claim;

    public static IEnumerable<object[]> EveryEndpoint { get; } = Endpoints();

    public async Task InitializeAsync()
    {
        _node = await HttpNode.StartAsync("ann");
        _claim = _node.Publish(1000);
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [MemberData(nameof(EveryEndpoint))]
    public async Task Without_the_right_signature_every_endpoint_gives_401_and_not_a_byte(string method, string target)
    {
        target = target.Replace("{id}", $"{_claim.Id}", StringComparison.Ordinal);
        string right = s_right.Sign(method, target);
        string?[] wrong =
        [
            null, "", "ATTN-HMAC-SHA256", $"Bearer {HttpNode.Secret}", s_wrong.Sign(method, target), right[..^1], right + "0", right[..^1]
                + "g",
            s_right.Sign("PATCH", target), s_right.Sign(method, target + "&x=1"),
        ];

        foreach (string? authorization in wrong)
        {
            string answer = await RawRequest.SendAsync(_node.Address, method, target, authorization);
            Assert.Equal((401, ""), (RawRequest.Status(answer), RawRequest.Body(answer)));
            Assert.DoesNotContain("Server:", answer, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Allow:", answer, StringComparison.OrdinalIgnoreCase);
        }

        Assert.NotEqual(401, RawRequest.Status(await RawRequest.SendAsync(_node.Address, method, target, right)));
        Assert.Equal(method == "DELETE" && target.Contains("payloads", StringComparison.Ordinal) ? 0 : 1000, _node.Offered.Bytes);
    }

    [Fact]
    public async Task A_node_with_another_secret_is_told_so()
    {
        await using HttpNode stranger = await HttpNode.StartAsync("eve", options => options with { Secret = new string('x', 32) });

        DataPlaneException payload = await stranger.PullFailsAsync(_claim);
        DataPlaneException rows = await Assert.ThrowsAsync<DataPlaneException>(() => stranger.Plane.PullRowsAsync(
            new TensorSource("t", 4, _node.Address), new RowRange(0, 0, 0, 1), (_, _) => Assert.Fail("no row was expected"), default));

        Assert.Matches("node ann at .* refuses this node: their secrets differ", payload.Message);
        Assert.Matches("the node at .* refuses this node: their secrets differ", rows.Message);
        Assert.Equal(1000, _node.Offered.Bytes);
    }

    [Theory]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("%2e%2e%2f%2e%2e%2fetc%2fpasswd")]
    [InlineData("..%5C..%5Cetc%5Cpasswd")]
    [InlineData("%2Fetc%2Fpasswd")]
    [InlineData(".hidden")]
    [InlineData("t%3B")]
    public async Task What_is_no_name_of_a_tensor_is_refused_before_it_is_looked_for(string id)
    {
        string target = $"/v1/tensors/{id}/rows?batch=0&head=0&first=0&rows=1&chunk=1";

        string answer = await RawRequest.SendAsync(_node.Address, "GET", target, s_right.Sign("GET", target));

        Assert.Equal((400, "that is no name of a tensor"), (RawRequest.Status(answer), RawRequest.Reason(answer)));
    }

    [Theory]
    [InlineData("/v1/tensors/../../etc/passwd/rows?batch=0&head=0&first=0&rows=1&chunk=1")]
    [InlineData("/v1/payloads/../../etc/passwd?node=ann")]
    [InlineData("/v1/payloads/..%2F..%2Fetc%2Fpasswd?node=ann")]
    [InlineData("/v1/payloads/-1?node=ann")]
    [InlineData("/v1/payloads/1")]
    [InlineData("/../../etc/passwd")]
    public async Task Other_addresses_lead_nowhere_even_with_the_secret(string target)
    {
        string answer = await RawRequest.SendAsync(_node.Address, "GET", target, s_right.Sign("GET", target));

        Assert.InRange(RawRequest.Status(answer), 400, 404);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("batch=0&head=0&first=0&rows=1&chunk=0")]
    [InlineData("batch=0&head=0&first=0&rows=1&chunk=2")]
    [InlineData("batch=0&head=0&first=0&rows=1")]
    [InlineData("batch=x&head=0&first=0&rows=1&chunk=1")]
    [InlineData("batch=0&head=0&first=0&rows=99999999999&chunk=1")]
    public async Task A_request_for_rows_that_makes_no_sense_is_refused(string query)
    {
        _node.Store.Generate("t", "q", new Core.Tensors.TensorShape(1, 1, 10, 4), 1, default);
        string target = $"/v1/tensors/t/rows?{query}";

        string answer = await RawRequest.SendAsync(_node.Address, "GET", target, s_right.Sign("GET", target));

        Assert.Equal(400, RawRequest.Status(answer));
    }

    [Fact]
    public void By_default_a_node_listens_on_loopback_alone() =>
        Assert.StartsWith("127.0.0.1:", _node.Address, StringComparison.Ordinal);

    [Theory]
    [InlineData("LOCALHOST", "localhost:")]
    [InlineData("::1", "[::1]:")]
    public async Task Others_are_told_the_host_that_reaches_it(string host, string address)
    {
        await using HttpNode node = await HttpNode.StartAsync("bob", options => options with { AdvertisedHost = host });

        Assert.StartsWith(address, node.Address, StringComparison.Ordinal);
        Assert.Equal(node.Address, node.Publish(1).Address);
    }

    /// <summary>All routes by all methods, so that a new one is tested without a word here.</summary>
    private static IEnumerable<object[]> Endpoints() =>
        from route in typeof(DataPlaneRoutes).GetFields(BindingFlags.Public | BindingFlags.Static)
        from method in new[] { "GET", "DELETE", "PUT", "POST", "HEAD", "OPTIONS" }
        select new object[] { method, $"{route.GetRawConstantValue()}?node=ann&batch=0&head=0&first=0&rows=1&chunk=1" };
}
