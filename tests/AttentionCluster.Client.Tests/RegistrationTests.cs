using System.Net.Sockets;
using AttentionCluster.Client.Tests.Fake;
using AttentionCluster.Core.Tensors;
using Microsoft.Extensions.DependencyInjection;

namespace AttentionCluster.Client.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public async Task An_injected_client_tries_again()
    {
        await using FakeServer server = await FakeServer.StartAsync("secret");
        server.Next("GET /v1/jobs", Faults.Problem(503, "busy", "the queue is full"));
        await using ServiceProvider services = new ServiceCollection().AddAttentionClient(server.Options()).Services.BuildServiceProvider();

        Assert.Empty(await services.GetRequiredService<AttentionClient>().ListJobsAsync());

        Assert.Equal(2, server.Count("GET /v1/jobs"));
    }

    /// <summary>As .NET passes it on where a connection is reset as soon as it is open.</summary>
    [Fact]
    public async Task A_bare_error_of_a_socket_is_an_attempt_like_any_other()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        var services = new ServiceCollection();
        services.AddAttentionClient(server.Options()).ConfigurePrimaryHttpMessageHandler(() => new ResetOnce());
        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Empty(await provider.GetRequiredService<AttentionClient>().ListJobsAsync());
    }

    [Fact]
    public async Task The_applications_own_time_limits_do_not_cut_off_an_upload()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        var services = new ServiceCollection();
        services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler(standard =>
        {
            standard.AttemptTimeout.Timeout = TimeSpan.FromSeconds(0.2);
            standard.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(0.5);
            standard.CircuitBreaker.SamplingDuration = TimeSpan.FromSeconds(1);
        }));
        services.AddAttentionClient(server.Options(retriesMax: 0));
        await using ServiceProvider provider = services.BuildServiceProvider();
        var slow = new TensorInput("q", ElementType.Float32, [4, 1 << 18], (_, _) => Thread.Sleep(100));

        await provider.GetRequiredService<AttentionClient>().SubmitAsync([slow, slow with { Name = "k" }, slow with { Name = "v" }]);

        Assert.Single(server.Jobs.All);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1", 5)]
    [InlineData("http://127.0.0.1", -1)]
    [InlineData("http://127.0.0.1", 101)]
    public void Options_out_of_range_are_refused(string server, int retriesMax) =>
        Assert.Throws<ArgumentException>(
            () => new AttentionClient(new AttentionClientOptions { Server = new Uri(server), RetriesMax = retriesMax }));

    [Fact]
    public void All_options_out_of_range_are_named_at_once()
    {
        var options = new AttentionClientOptions
        {
            Server = new Uri("ftp://127.0.0.1"),
            RetriesMax = 101,
            RetryDelay = TimeSpan.FromSeconds(2),
            RetryDelayMax =
                TimeSpan.FromSeconds(1),
            SilenceTimeout = TimeSpan.Zero,
        };

        Assert.Equal(
            "RetriesMax: retries-max is 101; it must be from 0 to 100; SilenceTimeout: silence-timeout is 0; it must be from 0.001 to "
                + "86400 (seconds); "
            + "Server: 'ftp://127.0.0.1/' is no address of a server; it must be one such as http://127.0.0.1:8080; "
            + "RetryDelayMax: retry-delay-max is 1; it must be at least retry-delay, 2 (seconds)",
            Assert.Throws<ArgumentException>(() => new AttentionClient(options)).Message);
    }

    private sealed class ResetOnce() : DelegatingHandler(new SocketsHttpHandler())
    {
        private bool _isReset;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (_isReset)
                return base.SendAsync(request, cancellationToken);
            _isReset = true;
            throw new SocketException((int)SocketError.NotConnected);
        }
    }
}
