using System.Globalization;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.EndToEnd.Tests.Running;
using AttentionCluster.EndToEnd.Tests.Serve;

namespace AttentionCluster.Chaos.Upgrading;

/// <summary>One node: first of this build, then of the other, at the same addresses.</summary>
internal sealed class UpgradedNode(NodePlace place, TemporaryFolder folder, string secret, IReadOnlyList<string> seeds) : IAsyncDisposable
{
    private readonly List<ServeProcess> _processes = [];

    public string Name => place.Name;

    public bool IsGateway => NodeNames.IsGateway(Name);

    public Uri Http => place.Http;

    /// <summary>Everything that its processes have logged.</summary>
    public string Log => string.Concat(_processes.Select(process => process.Error));

    private ServeProcess Now => _processes[^1];

    /// <summary>What others join through.</summary>
    public static string Seed(NodePlace place) => OnLoopback(place.ClusterPort);

    /// <summary>Starts a process, and waits until it has joined.</summary>
    /// <param name="build">Where its <c>attn.dll</c> is.</param>
    public async Task StartAsync(string build)
    {
        _processes.Add(ServeProcess.StartBuild(
            build, folder, [("ATTN__Node__Name", Name), ("ATTN__Node__StartTimeout", "2min"), ("ATTN__Security__Secret", secret),
                ("ATTN__Jobs__HeartbeatInterval", "1s")],
            "--roles", IsGateway ? "gateway" : "worker", "--threads", "1", "--memory", "512MiB", "--data", IsGateway ? "gateways" : Name,
            "--seeds", string.Join(',', seeds), "--cluster", OnLoopback(place.ClusterPort), "--data-plane", OnLoopback(place.DataPort),
            "--urls", $"http://{OnLoopback(place.HttpPort)}"));
        await Now.WaitForReadyAsync();
    }

    /// <summary>Ends the process.</summary>
    /// <param name="isKilled">Whether it is not even told to leave.</param>
    public async Task EndAsync(bool isKilled)
    {
        if (isKilled)
            Now.Kill();
        else
            Now.Tell(Signal.Terminate);
        await Now.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ServeProcess process in _processes)
            await process.DisposeAsync();
    }

    private static string OnLoopback(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
}
