using System.Globalization;
using System.Net;
using AttentionCluster.Chaos.Network;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.EndToEnd.Tests.Running;
using AttentionCluster.EndToEnd.Tests.Serve;

namespace AttentionCluster.Chaos.Fleets;

/// <summary>One node of a fleet: its place, and the processes that have been there one after the other.</summary>
/// <param name="place">Its addresses.</param>
/// <param name="folder">The working directory of its processes.</param>
/// <param name="data">Its data directory: what the gateways share, and each worker has for itself.</param>
/// <param name="secret">What it takes for the cluster's secret.</param>
/// <param name="seeds">Through whom it joins.</param>
/// <param name="settings">Its settings.</param>
/// <param name="faults">What its proxies let pass.</param>
/// <param name="caller">Whose connection one is, for them.</param>
internal sealed class FleetNode(
    NodePlace place, TemporaryFolder folder, string data, string secret, IReadOnlyList<string> seeds, NodeSettings settings,
        NetworkFaults faults,
    Func<IPEndPoint, IPEndPoint, string?> caller) : IAsyncDisposable
{
    /// <summary>Signals of Linux that end no process.</summary>
    private const int SignalContinue = 18, SignalStop = 19;

    /// <summary>What a node says that could not wait for the others, because one of them is missed.</summary>
    private const string NotInTime = "has not left its cluster in time";

    private readonly List<ServeProcess> _processes = [];
    private readonly List<Proxy> _proxies = [];
    private Action? _restoreLimit;

    /// <summary>Its addresses.</summary>
    public NodePlace Place => place;

    /// <summary>Its name.</summary>
    public string Name => place.Name;

    /// <summary>The process that is there now, or was last.</summary>
    public ServeProcess? Process { get; private set; }

    /// <summary>Whether it is meant to be there: started, and neither killed nor told to leave.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>Where the <c>attn.dll</c> of its next process is.</summary>
    public string Build { get; set; } = AppContext.BaseDirectory;

    /// <summary>Whether a process is there.</summary>
    public bool IsRunning => Process is { HasExited: false };

    /// <summary>
    /// Whether others may still count it among them though it is gone. They would take half a minute to be sure; a process that starts on
    /// the same addresses takes its place at once.
    /// </summary>
    public bool MayBeMissed { get; private set; }

    /// <summary>Everything that its processes have logged.</summary>
    public string Log => string.Concat(_processes.Select(process => process.Error));

    /// <summary>Starts a process, and returns at once.</summary>
    public void Start()
    {
        _restoreLimit = null;
        _proxies.Add(Before(place.ClusterPort, carriesTensors: false));
        _proxies.Add(Before(place.DataPort, carriesTensors: true));
        Process = ServeProcess.StartBuild(
            Build,
            folder,
            [
                ("ATTN__Node__Name", Name),
                ("ATTN__Node__StartTimeout", "60s"),
                ("ATTN__Cluster__AdvertisedHost", place.Advertised.ToString()),
                ("ATTN__Security__Secret", secret),
                .. settings.Environment,
            ],
            "--roles", NodeNames.IsGateway(Name) ? "gateway" : "worker", "--threads", "1", "--memory", settings.Memory, "--log-level",
                "Information",
            "--data", data, "--seeds", string.Join(',', seeds),
            "--cluster", OnLoopback(place.ClusterPort), "--data-plane", OnLoopback(place.DataPort), "--urls",
                $"http://{OnLoopback(place.HttpPort)}");
        _processes.Add(Process);

        // Only now: what is wanted and has no process is started again.
        (IsWanted, MayBeMissed) = (true, false);
    }

    /// <summary>Ends it at once, and whoever calls it from then on is refused.</summary>
    public async Task KillAsync()
    {
        (IsWanted, MayBeMissed) = (false, true);
        Process!.Kill();
        await Process.WaitForExitAsync();
        await CloseAsync();
    }

    /// <summary>Tells it to leave, and waits until it has.</summary>
    /// <returns>How it ended.</returns>
    public async Task<AttnResult> LeaveAsync()
    {
        IsWanted = false;
        if (IsRunning)
            Process!.Tell(Signal.Terminate);
        return await HasLeftAsync();
    }

    /// <summary>
    /// Has it told to leave by <c>attn drain</c>, or by a signal when no gateway can tell it now, and waits until it has.
    /// </summary>
    /// <param name="gateways">Those that may be there.</param>
    /// <param name="note">Told why the command has failed.</param>
    /// <returns>How it ended.</returns>
    public async Task<AttnResult> DrainAsync(IEnumerable<Uri> gateways, Action<string> note)
    {
        IsWanted = false;
        string servers = string.Join(',', gateways.Select(gateway => gateway.GetLeftPart(UriPartial.Authority)));
        AttnResult told = await Task.Run(() => Attn.Run(folder, "drain", Name, "--server", servers));
        if (told.ExitCode == 0 || !IsRunning)
            return await HasLeftAsync();
        note($"attn drain {Name}: {told.Error.TrimEnd()}");
        return await LeaveAsync();
    }

    private async Task<AttnResult> HasLeftAsync()
    {
        AttnResult end = await Process!.WaitForExitAsync();
        MayBeMissed = end.Error.Contains(NotInTime, StringComparison.Ordinal);
        await CloseAsync();
        return end;
    }

    /// <summary>Starts it again when it has ended by itself.</summary>
    /// <returns>How it ended.</returns>
    public async Task<AttnResult> ReviveAsync()
    {
        AttnResult end = await Process!.WaitForExitAsync();
        await CloseAsync();
        Start();
        return end;
    }

    /// <summary>Lets it stand still.</summary>
    public void Stop() => Process!.Tell(SignalStop);

    /// <summary>Lets it go on.</summary>
    public void Continue() => Process!.Tell(SignalContinue);

    /// <summary>Lets it open nothing more.</summary>
    public void UseUpDescriptors() => _restoreLimit = DescriptorLimit.UseUp(Process!.Id);

    /// <summary>Lets it open files and connections again.</summary>
    public void RestoreDescriptors() => _restoreLimit?.Invoke();

    /// <summary>Resets all connections that others have to it.</summary>
    public void Cut() => _proxies.ForEach(proxy => proxy.Cut());

    public async ValueTask DisposeAsync()
    {
        foreach (ServeProcess process in _processes)
            await process.DisposeAsync();
        await CloseAsync();
    }

    private Proxy Before(int port, bool carriesTensors) =>
        new(new IPEndPoint(place.Advertised, port), new IPEndPoint(IPAddress.Loopback, port), Name, carriesTensors, faults, caller);

    private async Task CloseAsync()
    {
        foreach (Proxy proxy in _proxies)
            await proxy.DisposeAsync();
        _proxies.Clear();
    }

    private static string OnLoopback(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
}
