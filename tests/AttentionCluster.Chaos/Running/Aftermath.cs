using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Jobs;

namespace AttentionCluster.Chaos.Running;

/// <summary>
/// What a fleet must be like when no fault is left and all jobs have ended: whole, ready, with no job that nobody sent, and in the end with
/// nothing.
/// </summary>
internal sealed class Aftermath(Fleet fleet)
{
    /// <summary>Files are removed beside the answers, and locks of the dead within a second.</summary>
    private static readonly TimeSpan s_cleaningPatience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_callPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Removes all jobs, and looks at what is there before and after.</summary>
    /// <param name="known">Ids of all jobs that may still be there; where a program sent one and was not heard of again, there may be
    /// others.</param>
    /// <param name="patience">How long the cluster may take until it is whole.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong; empty when nothing is.</returns>
    public async Task<IReadOnlyList<string>> CheckAsync(IReadOnlyCollection<string> known, TimeSpan patience,
        CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            await fleet.WaitForAsync(fleet.IsServing, patience, cancellationToken);
            using var calls = new GatewayCalls([.. fleet.Gateways.Select(gateway => gateway.Place.Http)]);
            foreach (FleetNode gateway in fleet.Gateways)
                await ReadyAsync(gateway, limit.Token);
            string[] there = [.. (await Task.WhenAll(fleet.Gateways.Select(gateway => JobsAsync(gateway, limit.Token))))
                .SelectMany(jobs => jobs)];
            await Task.WhenAll(there.Distinct().Select(id => JobRemoval.GoneAsync(calls, id, limit.Token)));
            return
            [
                .. there.GroupBy(id => id).Where(id => id.Count() > 1).Select(id => $"{id.Key} is a job of two gateways"),
                .. there.Except(known).Select(id => $"{id} is a job that nobody has sent, or that was sent twice, or removed"),
                .. await CleanAsync(cancellationToken),
            ];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [$"gateways were not ready, or did not list or remove jobs, within {patience}"];
        }
    }

    /// <summary>Tells what each gateway says of the cluster and of its jobs, and what is in their data directory.</summary>
    public async Task DumpAsync(Action<string> tell, CancellationToken cancellationToken)
    {
        foreach (FleetNode gateway in fleet.Gateways)
        {
            foreach (string path in new[] { "/v1/cluster", "/healthz/ready", "/v1/jobs" })
                tell($"{gateway.Name}{path}: {await TextAsync(gateway, path, cancellationToken)}");
        }

        foreach (string left in Leftovers.In(fleet.Disk.Data, gateways: 0))
            tell($"in the data directory: {left}");
    }

    private async Task<IReadOnlyList<string>> CleanAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_cleaningPatience);
        IReadOnlyList<string> left;
        while ((left = Leftovers.In(fleet.Disk.Data, fleet.Gateways.Count())).Count > 0 && !limit.IsCancellationRequested)
            await Task.Delay(s_pollInterval, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return [.. left.Select(what => $"LEFT OVER: {what}")];
    }

    private static async Task ReadyAsync(FleetNode gateway, CancellationToken cancellationToken)
    {
        using var call = new GatewayCalls([gateway.Place.Http]);
        await call.UntilAsync(
            () => new HttpRequestMessage(HttpMethod.Get, "/healthz/ready"), (answer, _) =>
                Task.FromResult(answer.StatusCode == HttpStatusCode.OK ? "" : null), s_callPatience, cancellationToken);
    }

    private static async Task<string[]> JobsAsync(FleetNode gateway, CancellationToken cancellationToken)
    {
        using var call = new GatewayCalls([gateway.Place.Http]);
        return await call.UntilAsync(() => new HttpRequestMessage(HttpMethod.Get, "/v1/jobs"), IdsAsync, s_callPatience, cancellationToken);
    }

    private static async Task<string[]?> IdsAsync(HttpResponseMessage answer, CancellationTokenSource limit)
    {
        if (!answer.IsSuccessStatusCode)
            return null;
        using JsonDocument list = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(limit.Token));
        return [.. list.RootElement.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString()!)];
    }

    private static async Task<string> TextAsync(FleetNode gateway, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(s_callPatience);
            using var http = new HttpClient();
            using HttpResponseMessage answer = await http.GetAsync(new Uri(gateway.Place.Http, path), limit.Token);
            return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(limit.Token)}";
        }
        catch (Exception problem) when (problem is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            return problem.Message;
        }
    }
}
