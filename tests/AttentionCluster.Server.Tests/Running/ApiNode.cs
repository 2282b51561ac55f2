using System.Net;
using AttentionCluster.Cluster;
using AttentionCluster.Cluster.Hosting;
using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Membership;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Server.Http;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AttentionCluster.Server.Tests.Running;

/// <summary>A gateway as its users have it: the real server on free ports of loopback, and a cluster of this node alone.</summary>
public sealed class ApiNode : IAsyncLifetime, IAsyncDisposable, IDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly bool _ownsFolder;
    private readonly JobsOptions _options;
    private readonly ScriptedAttention? _attention;
    private readonly TimeProvider? _clock;
    private WebApplication? _application;

    /// <summary>A node with the default limits.</summary>
    public ApiNode()
        : this(new JobsOptions())
    {
    }

    /// <param name="options">Its limits.</param>
    /// <param name="attention">What computes instead of a cluster.</param>
    /// <param name="clock">Another clock than the system's.</param>
    /// <param name="shared">The data directory, when another node has it too.</param>
    internal ApiNode(JobsOptions options, ScriptedAttention? attention = null, TimeProvider? clock = null, TemporaryFolder? shared = null)
    {
        Assert.Empty(options.Validate());
        (_options, _attention, _clock) = (options, attention, clock);
        (_folder, _ownsFolder) = (shared ?? new TemporaryFolder(), shared is null);
    }

    internal HttpClient Client { get; private set; } = null!;

    /// <summary>The same, over HTTP/2.</summary>
    internal HttpClient Http2Client { get; private set; } = null!;

    internal Uri Address => new(_application!.Urls.First());

    internal IServiceProvider Services => _application!.Services;

    internal TensorStore Store => Services.GetRequiredService<TensorStore>();

    internal string JobsFolder => Path.Combine(_folder.Path, "jobs");

    /// <summary>Folders of jobs that have tensors.</summary>
    internal string[] JobFolders =>
        [.. Directory.GetDirectories(JobsFolder).Where(folder => Directory.GetFiles(folder, "*.safetensors").Length > 0)
            .Select(folder => Path.GetFileName(folder))];

    /// <summary>Starts a node for one test.</summary>
    internal static async Task<ApiNode> StartAsync(JobsOptions options, ScriptedAttention? attention = null)
    {
        var node = new ApiNode(options, attention);
        await node.InitializeAsync();
        return node;
    }

    public async Task InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddRoutingCore();
        var node = new NodeOptions { DataDirectory = _folder.Path, Name = "node", Threads = 2, MemoryBytesMax = 1L << 30 };
        if (_attention is null)
            builder.Services.AddAttentionCluster(node);
        else
            builder.Services.AddSingleton(node).AddSingleton(new TensorStore(_folder.Path)).AddSingleton<IAttentionService>(_attention);
        builder.Services.AddAttentionApi(_options);
        if (_clock is not null)
            builder.Services.AddSingleton(_clock);
        _application = builder.Build();
        _application.UseRouting();
        _application.MapAttentionApi();
        await _application.StartAsync().InTime();
        _attention?.Attach(Store);
        if (Services.GetService<ClusterMembership>() is { } membership)
            await membership.JoinAsync([], TimeSpan.FromSeconds(30), CancellationToken.None);
        string[] addresses = [.. _application.Urls];
        Client = new HttpClient { BaseAddress = new Uri(addresses[0]), Timeout = Patience.Limit };
        Http2Client = new HttpClient
        {
            BaseAddress = new Uri(addresses[1]),
            Timeout = Patience.Limit,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public async Task DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.StopAsync();
            await _application.DisposeAsync();
        }
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        Client?.Dispose();
        Http2Client?.Dispose();
        if (_ownsFolder)
            _folder.Dispose();
    }
}
