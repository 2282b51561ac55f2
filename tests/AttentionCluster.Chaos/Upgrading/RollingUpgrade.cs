using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Jobs;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Upgrading;

/// <summary>
/// Two gateways that share a data directory and three workers of this build are replaced one by one by another, some told to leave and some
/// killed, while clients send jobs through both gateways without a pause. Each job that was accepted must succeed, with the bits of an
/// undisturbed run, and nothing may be left.
/// </summary>
internal sealed class RollingUpgrade : IAsyncDisposable
{
    private const int Clients = 2;

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>A second or two of work for three threads: there is always one in the middle.</summary>
    private static readonly JobWork s_work = new("upgrade", 4, 2, 2048, 64, 256, 128, "portable");

    /// <summary>
    /// The nodes in the order in which they are replaced, and whether they are killed: of each role one is told to leave, and one is not.
    /// </summary>
    private static readonly (string Name, bool IsKilled)[] s_order =
    [
        (NodeNames.Worker(1), false), (NodeNames.Gateway(1), true), (NodeNames.Worker(2), true), (NodeNames.Gateway(2), false),
            (NodeNames.Worker(3), false),
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly WorkFiles _files = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly OtherBuild _build;
    private readonly Action<string> _note;
    private readonly UpgradedNode[] _nodes;
    private readonly List<HttpJob> _jobs = [];

    /// <param name="build">What comes in place of this build.</param>
    /// <param name="note">Told what happens.</param>
    internal RollingUpgrade(OtherBuild build, Action<string> note)
    {
        (_build, _note) = (build, note);
        NodePlace[] places = [.. NodePlace.TakeAll().Where(place => s_order.Any(step => step.Name == place.Name))];
        string[] seeds = [.. places.Where(place => NodeNames.IsGateway(place.Name)).Select(UpgradedNode.Seed)];
        string secret = Guid.NewGuid().ToString("N");
        _nodes = [.. places.Select(place => new UpgradedNode(place, _folder, secret, seeds))];
    }

    /// <summary>Where the jobs are that have not ended, for people.</summary>
    internal string Standing => string.Join("; ", _jobs.Where(job => job.Report is null).Select(job => job.Standing));

    /// <summary>The ends of all logs.</summary>
    internal string Logs => string.Join('\n', _nodes.Select(node => $"--- {node.Name}\n{node.Log}"));

    /// <returns>What is wrong; empty when nothing is.</returns>
    internal async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        _ = _files.Expected(s_work);
        foreach (UpgradedNode node in _nodes)
            await node.StartAsync(AppContext.BaseDirectory);
        await WaitUntilUpAsync(_nodes[0], cancellationToken);

        using var replaced = new CancellationTokenSource();
        Task<IReadOnlyList<string>>[] clients = [.. Enumerable.Range(0, Clients).Select(_ => SendAsync(replaced.Token, cancellationToken))];
        var problems = new List<string>();
        foreach ((string name, bool isKilled) in s_order)
        {
            await WaitForMoreJobsAsync(cancellationToken);
            UpgradedNode node = _nodes.Single(node => node.Name == name);
            _note($"{name} is {(isKilled ? "killed" : "told to leave")}, and comes back as {OtherBuild.Version}");
            await node.EndAsync(isKilled);
            await node.StartAsync(_build.Path);
            await WaitUntilUpAsync(_nodes.First(other => other.IsGateway && other != node), cancellationToken);
        }

        await WaitForMoreJobsAsync(cancellationToken);
        await replaced.CancelAsync();
        problems.AddRange((await Task.WhenAll(clients)).SelectMany(found => found));
        _note($"{_jobs.Count} jobs");
        problems.AddRange(await CheckVersionsAsync());
        problems.AddRange(await LeftOverAsync(cancellationToken));
        return problems;
    }

    /// <summary>One job after the other, each with a key of its own, until told to stop; the last one is followed to its end.</summary>
    private async Task<IReadOnlyList<string>> SendAsync(CancellationToken replaced, CancellationToken cancellationToken)
    {
        using var gateways = new GatewayCalls([.. _nodes.Where(node => node.IsGateway).Select(node => node.Http)]);
        var problems = new List<string>();
        while (!replaced.IsCancellationRequested)
        {
            var job = new HttpJob(s_work, _files, gateways, _ => { });
            lock (_jobs)
                _jobs.Add(job);
            problems.AddRange(await job.RunAsync(cancellationToken));
        }

        return problems;
    }

    /// <summary>So that each replacement meets jobs that were begun after the one before.</summary>
    private async Task WaitForMoreJobsAsync(CancellationToken cancellationToken)
    {
        int Accepted()
        {
            lock (_jobs)
                return _jobs.Count(job => job.Id is not null);
        }

        for (int before = Accepted(); Accepted() == before;)
            await Task.Delay(s_pollInterval, cancellationToken);
    }

    private async Task WaitUntilUpAsync(UpgradedNode seenBy, CancellationToken cancellationToken)
    {
        while (await NodesAsync(seenBy) is var seen && !(seen.Length == _nodes.Length && Array.TrueForAll(seen, IsUseful)))
            await Task.Delay(s_pollInterval, cancellationToken);
    }

    private static bool IsUseful(JsonElement node) =>
        node.GetProperty("state").GetString() == "up"
        && !node.TryGetProperty("problem", out _)
        && (node.GetProperty("worker").ValueKind != JsonValueKind.Null || node.GetProperty("roles")[0].GetString() == "gateway");

    private async Task<JsonElement[]> NodesAsync(UpgradedNode seenBy) =>
        [.. (await _http.GetFromJsonAsync<JsonElement>(new Uri(seenBy.Http, "/v1/cluster"))).GetProperty("nodes").EnumerateArray()];

    private async Task<IEnumerable<string>> CheckVersionsAsync() =>
        from node in await NodesAsync(_nodes.First(node => node.IsGateway))
        let version = node.GetProperty("version").GetString()
        where version != OtherBuild.Version
        select $"{node.GetProperty("name")} runs {version}";

    /// <summary>Removes all jobs, and then nothing of any may be in the store.</summary>
    private async Task<IReadOnlyList<string>> LeftOverAsync(CancellationToken cancellationToken)
    {
        foreach (UpgradedNode gateway in _nodes.Where(node => node.IsGateway))
        {
            JsonElement jobs = (await _http.GetFromJsonAsync<JsonElement>(new Uri(gateway.Http, "/v1/jobs"), cancellationToken))
                .GetProperty("jobs");
            foreach (JsonElement job in jobs.EnumerateArray())
            {
                using HttpResponseMessage answer =
                    await _http.DeleteAsync(new Uri(gateway.Http, $"/v1/jobs/{job.GetProperty("id").GetString()}"), cancellationToken);
                if (answer.StatusCode != HttpStatusCode.NoContent)
                    return [$"{job.GetProperty("id")} can't be removed: {(int)answer.StatusCode}"];
            }
        }

        string data = _folder.File("gateways");
        return [.. Directory.GetDirectories(Path.Combine(data, "jobs"))
            .Concat(Directory.GetFiles(Path.Combine(data, "keys")).Where(file => Path.GetFileName(file) != "lock"))
            .Concat(Directory.GetFiles(data, "*.new", SearchOption.AllDirectories))
            .Select(left => $"left over: {left}")];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (UpgradedNode node in _nodes)
            await node.DisposeAsync();
        _http.Dispose();
        _files.Dispose();
        _folder.Dispose();
    }
}
