using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using AttentionCluster.Chaos.Network;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Fleets;

/// <summary>
/// A cluster of real processes on loopback, with a proxy before every port by which nodes reach each other. It stays from run to run:
/// what the next one does not need leaves, what it needs besides is started, so that most runs start few processes.
/// </summary>
internal sealed class Fleet : IAsyncDisposable
{
    private const int SecretBytes = 32;

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_callPatience = TimeSpan.FromSeconds(2);

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new() { Timeout = s_callPatience };
    private readonly Dictionary<string, FleetNode> _nodes;

    /// <param name="settings">Of all nodes.</param>
    /// <param name="diskBytes">Of the gateways' data directory; null for what the machine has.</param>
    public Fleet(NodeSettings settings, long? diskBytes = null)
    {
        Settings = settings;
        Disk = diskBytes is { } bytes ? GatewayDisk.Small(_folder.File("gateways"), bytes) : GatewayDisk.Plain(_folder.File("gateways"));
        IReadOnlyList<NodePlace> places = NodePlace.TakeAll();
        (string secret, string other) = (NewSecret(), NewSecret());

        // Every node may be the one through which another joins, so none of them is missed.
        string[] seeds = [.. places.Where(place => !NodeNames.IsOutsider(place.Name)).Select(place => place.Seed)];
        _nodes = places.ToDictionary(place => place.Name, place => new FleetNode(
            place, _folder, NodeNames.IsGateway(place.Name) ? Disk.Data : place.Name, place.Name == NodeNames.Stranger ? other : secret,
                seeds, settings, Faults, CallerOf));
    }

    /// <summary>Settings of all nodes.</summary>
    public NodeSettings Settings { get; }

    /// <summary>Where the gateways have their data directory.</summary>
    public GatewayDisk Disk { get; }

    /// <summary>What goes wrong between nodes.</summary>
    public NetworkFaults Faults { get; } = new();

    /// <summary>The node of this name.</summary>
    public FleetNode this[string name] => _nodes[name];

    /// <summary>Nodes that are meant to be there.</summary>
    public IEnumerable<FleetNode> Wanted => Members.Where(node => node.IsWanted);

    /// <summary>Gateways that are meant to be there.</summary>
    public IEnumerable<FleetNode> Gateways => Wanted.Where(node => NodeNames.IsGateway(node.Name));

    /// <summary>All nodes that ever were there.</summary>
    public IEnumerable<FleetNode> Used => _nodes.Values.Where(node => node.Process is not null);

    /// <summary>Makes the fleet consist of these nodes, and waits until all gateways see exactly them, Up and ready to compute.</summary>
    /// <param name="names">Their names.</param>
    /// <param name="patience">How long that may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TimeoutException">The cluster has not become whole in time.</exception>
    public async Task BecomeAsync(IReadOnlyCollection<string> names, TimeSpan patience, CancellationToken cancellationToken)
    {
        foreach (FleetNode node in Members.Where(node => node.MayBeMissed || (names.Contains(node.Name) && !node.IsWanted)))
            node.Start();
        FleetNode[] surplus = [.. Wanted.Where(node => !names.Contains(node.Name))];
        if (surplus.Length > 0)
        {
            await WaitForAsync(status => IsWhole(status, [.. Wanted.Select(node => node.Name)]), patience, cancellationToken);
            await Task.WhenAll(surplus.Select(LeaveAsync));
        }

        await WaitForAsync(status => IsWhole(status, names), patience, cancellationToken);
    }

    /// <summary>Waits until every gateway that is meant to be there sees the cluster as it should be.</summary>
    /// <exception cref="TimeoutException">It does not in time.</exception>
    public async Task WaitForAsync(Func<JsonElement, bool> condition, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        JsonElement?[] seen = [];
        try
        {
            do
            {
                await Task.Delay(s_pollInterval, limit.Token);
                await ReviveAsync(_ => { });
                seen = await Task.WhenAll(Gateways.Select(gateway => StatusAsync(gateway, limit.Token)));
            }
            while (!seen.All(status => status is { } known && condition(known)));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the cluster has not become whole within {patience}; its gateways see:\n{string.Join('\n', seen)}");
        }
    }

    /// <summary>What a node sees of the cluster.</summary>
    /// <returns>Null when it does not answer.</returns>
    public async Task<JsonElement?> StatusAsync(FleetNode node, CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument status =
                JsonDocument.Parse(await _http.GetStringAsync(new Uri(node.Place.Http, "/v1/cluster"), cancellationToken));
            return status.RootElement.Clone();
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException or JsonException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Starts again, as a service manager would, what has ended without having been told to.</summary>
    /// <param name="ended">Told of each, with how it ended.</param>
    public async Task ReviveAsync(Action<(FleetNode Node, AttnResult End)> ended)
    {
        foreach (FleetNode node in Wanted.Where(node => !node.IsRunning).ToArray())
            ended((node, await node.ReviveAsync()));
    }

    /// <summary>Tells all nodes to leave.</summary>
    /// <returns>What was wrong with the end of one; empty when nothing was.</returns>
    public async Task<IReadOnlyList<string>> LeaveAsync()
    {
        AttnResult[] ends = await Task.WhenAll(Wanted.ToArray().Select(node => node.LeaveAsync()));
        return [.. ends.Where(end => end.ExitCode != 0).Select(end => $"a node that was told to leave ended with {end.ExitCode}")];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (FleetNode node in _nodes.Values)
            await node.DisposeAsync();
        _http.Dispose();
        Disk.Dispose();
        _folder.Dispose();
    }

    private static async Task LeaveAsync(FleetNode node) => (await node.LeaveAsync()).Expect(0);

    /// <summary>
    /// Whether a gateway sees all that are meant to be there, Up and ready to compute; it may still see others that have gone.
    /// </summary>
    public bool IsServing(JsonElement status) => Wanted.All(wanted => status.GetProperty("nodes").EnumerateArray().Any(node =>
        node.GetProperty("address").GetString() == wanted.Place.Seed
        && node.GetProperty("state").GetString() == "up"
        && (NodeNames.IsGateway(wanted.Name) || node.GetProperty("worker").ValueKind == JsonValueKind.Object)));

    private IEnumerable<FleetNode> Members => _nodes.Values.Where(node => !NodeNames.IsOutsider(node.Name));

    private bool IsWhole(JsonElement status, IReadOnlyCollection<string> names) =>
        IsServing(status)
        && names.All(name => _nodes[name].IsWanted)
        && status.GetProperty("nodes").EnumerateArray().Count(node => !IsOutsider(node.GetProperty("address").GetString()!)) == names.Count;

    private bool IsOutsider(string address) => _nodes.Values.Any(node => NodeNames.IsOutsider(node.Name) && node.Place.Seed == address);

    private static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));

    private string? CallerOf(IPEndPoint near, IPEndPoint far)
    {
        Dictionary<int, string> running = Used.Where(node => node.IsRunning).ToDictionary(node => node.Process!.Id, node => node.Name);
        return SocketOwner.Find(near, far, running.Keys) is { } process ? running[process] : null;
    }
}
