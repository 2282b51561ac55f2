using System.Net;
using System.Text;
using AttentionCluster.Cluster.DataPlane;
using AttentionCluster.Cluster.DataPlane.Http;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Fuzzing;

namespace AttentionCluster.Cluster.Tests.DataPlane.Http;

/// <summary>Damaged requests to a data plane, with and without the cluster's signature.</summary>
[Collection(FuzzCollection.Name)]
public sealed class FuzzedRequestTests : IAsyncLifetime
{
    private const long GrowthBytesMax = 64L << 20;

    private static readonly RequestSignature s_signature = new(HttpNode.Secret);

    private HttpNode _node = null!;
    private IPEndPoint _port = null!;
    private string[] _targets = [];

    public async Task InitializeAsync()
    {
        _node = await HttpNode.StartAsync("ann");
        _port = IPEndPoint.Parse(_node.Address);
        _node.Store.Generate("t", "q", new TensorShape(1, 1, 10, 4), 1, default);
        Claim claim = _node.Publish(1_000);
        _targets = [$"/v1/payloads/{claim.Id}?node=ann", "/v1/tensors/t/rows?batch=0&head=0&first=0&rows=10&chunk=3",
            "/v1/tensors/../t/rows?batch=0"];
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public Task What_is_signed_is_answered() => FuzzAsync(500, (mutator, random) =>
    {
        string method = random.Next(8) == 0 ? mutator.Damage(["GET", "DELETE"]) : "GET";
        string target = mutator.Damage(_targets);
        return (Request(method, target, s_signature.Sign(method, target)), IsAnySuccessRight: true);
    });

    [Fact]
    public Task What_is_not_signed_gets_nothing() => FuzzAsync(500, (mutator, random) =>
    {
        string target = _targets[random.Next(2)];
        string right = s_signature.Sign("GET", target);
        string wrong = mutator.Damage([right, "Bearer token", ""]);
        return (Request("GET", target, wrong), IsAnySuccessRight: wrong.Contains(right, StringComparison.Ordinal));
    });

    private async Task FuzzAsync(int cases, Func<Mutator, Random, (byte[] Request, bool IsAnySuccessRight)> make)
    {
        long before = RawExchange.AnonymousBytes();
        await Parallel.ForEachAsync(Enumerable.Range(0, cases), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
        {
            Random random = FuzzLoop.RandomOf(number);
            (byte[] request, bool isAnySuccessRight) = make(new Mutator(random), random);
            string answer = await RawExchange.SendAsync(_port, request);
            string words = $"case {number} of seed {FuzzLoop.Seed}: {Convert.ToBase64String(request[..Math.Min(1_500, request.Length)])} "
                + $"was answered with {answer}";
            Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal), words);
            Assert.DoesNotContain("HTTP/1.1 500", answer, StringComparison.Ordinal);
            Assert.True(isAnySuccessRight || !answer.Contains("HTTP/1.1 2", StringComparison.Ordinal), words);
        });

        Assert.InRange(RawExchange.AnonymousBytes() - before, long.MinValue, GrowthBytesMax);
        Assert.Equal(HttpNode.Bytes(2_000, seed: 2), await _node.PullAsync(_node.Publish(2_000, seed: 2)));
    }

    private static byte[] Request(string method, string target, string authorization) =>
        Encoding.UTF8.GetBytes($"{method} {target} HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n");
}
