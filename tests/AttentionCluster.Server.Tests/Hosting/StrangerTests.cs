using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.Channels;
using Akka.Actor;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Tests.DataPlane.Http;
using AttentionCluster.Core.Tests.Fuzzing;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Server.Tests.Hosting;

/// <summary>What reaches a node's ports from who is not of its cluster.</summary>
[Collection(FuzzCollection.Name)]
public sealed class StrangerTests
{
    private const string Token = "0123456789abcdef";

    /// <summary>A node of Akka.NET without any setting of this product: its messages are in JSON.</summary>
    private const string PlainAkka = """
        akka {
          loglevel = off
          stdout-loglevel = off
          actor.provider = remote
          remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        }
        """;

    [Fact]
    public async Task A_message_in_JSON_is_refused_on_arrival_and_what_it_names_is_not_built()
    {
        await using Node node = await Node.StartAsync();
        using ActorSystem stranger = ActorSystem.Create("stranger", PlainAkka);
        using ActorSystem other = ActorSystem.Create("other", PlainAkka);
        Channel<object> atNode = Listen(SystemOf(node));
        Channel<object> atOther = Listen(other);
        var gadget = new Gadget { Text = "x" };
        int built = Gadget.Built;

        // The same message is built where nothing stands against it: it is one that would do harm.
        stranger.ActorSelection(new RootActorPath(((ExtendedActorSystem)other).Provider.DefaultAddress) / "user" / "listener").Tell(gadget);
        Assert.IsType<Gadget>(await atOther.Reader.ReadAsync().AsTask().InTime());
        Assert.Equal(built + 1, Gadget.Built);

        ActorSelection target = stranger.ActorSelection($"akka.tcp://attention@{EndTests.AddressOf(node)}/user/listener");
        target.Tell(gadget);
        target.Tell("after it");

        Assert.Equal("after it", await atNode.Reader.ReadAsync().AsTask().InTime());
        Assert.False(atNode.Reader.TryRead(out _));
        Assert.Equal(built + 1, Gadget.Built);
        Assert.Equal(HttpStatusCode.OK, (await node.Http.GetAsync("/healthz/ready").InTime()).StatusCode);
    }

    [Fact]
    public async Task With_TLS_a_stranger_gets_no_byte_and_no_message_through_and_the_cluster_goes_on()
    {
        using var certificates = new CertificateFiles();
        await using Node seed = await StartWithTlsAsync(certificates, null);
        string address = EndTests.AddressOf(seed);
        Channel<object> received = Listen(SystemOf(seed));
        IPEndPoint port = IPEndPoint.Parse(address);
        using ActorSystem stranger = ActorSystem.Create("stranger", PlainAkka);

        stranger.ActorSelection($"akka.tcp://attention@{address}/user/listener").Tell("plain");
        Assert.Empty(await TalkWithoutCertificateAsync(port));
        await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (number, _) =>
        {
            // A TLS alert is an answer, and tells nothing.
            byte[] hello = new Mutator(FuzzLoop.RandomOf(number))
                .Damage([[0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x03], [0, 0, 0, 4, 1, 2, 3, 4],
                [.. "GET / HTTP/1.1\r\n\r\n"u8]]);
            Assert.InRange((await RawExchange.SendAsync(port, hello)).Length, 0, 64);
        });

        await using Node member = await StartWithTlsAsync(certificates, address);
        Assert.Equal(["up", "up"], member.Serving.Services.GetRequiredService<IClusterView>().Status().Nodes.Select(node => node.State));
        Assert.False(received.Reader.TryRead(out object? message), $"{message}");
    }

    [Theory]
    [InlineData("GET", "/v1/jobs")]
    [InlineData("POST", "/v1/jobs")]
    [InlineData("POST", "/v1/attention")]
    [InlineData("GET", "/v1/jobs/x")]
    [InlineData("DELETE", "/v1/jobs/x")]
    [InlineData("GET", "/v1/jobs/x/events")]
    [InlineData("GET", "/v1/jobs/x/result")]
    [InlineData("GET", "/v1/cluster")]
    [InlineData("GET", "/openapi/v1.json")]
    [InlineData("GET", "//v1/jobs")]
    [InlineData("GET", "/v1/%6aobs")]
    [InlineData("GET", "/healthz/live/../../v1/jobs")]
    [InlineData("GET", "/HEALTHZ/live/x")]
    public async Task Without_the_token_no_address_but_health_gives_anything(string method, string target)
    {
        await using Node node = await Node.StartAsync(options => options with { Http = options.Http with { Token = Token } });
        var port = new IPEndPoint(IPAddress.Loopback, node.Serving.Urls.Select(url => new Uri(url).Port).First());

        string answer = await RawExchange.SendAsync(port, System.Text.Encoding.ASCII.GetBytes(
            $"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-safetensors\r\nContent-Length: "
                + "0\r\n\r\n"), TimeSpan.FromSeconds(20));

        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
        Assert.Contains("token-missing", answer, StringComparison.Ordinal);
    }

    private static async Task<byte[]> TalkWithoutCertificateAsync(IPEndPoint port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(port).InTime();
#pragma warning disable CA5359 // The stranger believes everyone; it is the node that must not.
        using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        byte[] bytes = new byte[1024];
        try
        {
            await tls.AuthenticateAsClientAsync("localhost").InTime();
            await tls.WriteAsync(new byte[] { 0, 0, 0, 4, 1, 2, 3, 4 }).AsTask().InTime();
            return bytes[..await tls.ReadAsync(bytes).AsTask().InTime()];
        }
        catch (Exception refused) when (refused is IOException or System.Security.Authentication.AuthenticationException)
        {
            return [];
        }
    }

    private static Task<Node> StartWithTlsAsync(CertificateFiles certificates, string? seed) => Node.StartAsync(options => options with
    {
        Node = options.Node with
        {
            Tls = certificates.Issue(),
            Seeds = seed is null ? [] : [seed],
            Roles = seed is null ? NodeRoles.Gateway
            : NodeRoles.Worker
        },
        DataPlane = options.DataPlane with { Tls = certificates.Issue() },
    });

    private static ActorSystem SystemOf(Node node) => node.Serving.Services.GetRequiredService<ActorSystem>();

    private static Channel<object> Listen(ActorSystem system)
    {
        var received = Channel.CreateUnbounded<object>();
        system.ActorOf(Props.Create(() => new Listener(received.Writer)), "listener");
        return received;
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(ChannelWriter<object> received) => ReceiveAny(message => received.TryWrite(message));
    }
}
