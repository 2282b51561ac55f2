using System.Text.Json;
using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Network;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Running;

/// <summary>Does to a fleet what is planned, and undoes it: by itself after its time, or when the faults are over.</summary>
/// <param name="fleet">To whom.</param>
/// <param name="workers">The workers that are there when the run starts.</param>
/// <param name="jobs">What does something to jobs.</param>
/// <param name="note">Told what happens.</param>
/// <param name="problem">Told what must not be.</param>
internal sealed class FaultInjection(Fleet fleet, IReadOnlyList<string> workers, JobFaults jobs, Action<string> note,
    Action<string> problem) : IAsyncDisposable
{
    /// <summary>How late bytes are on a delayed link, each way: the distance to another continent.</summary>
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(80);

    private readonly List<Task> _undoings = [];
    private readonly CancellationTokenSource _over = new();
    private SlowClients? _slowClients;

    /// <summary>Carries out a fault.</summary>
    public async Task ApplyAsync(PlannedFault fault)
    {
        note(fault.ToString());
        string[] targets = [.. fault.Kind == FaultKind.KillWorkers ? workers : [fault.Node]];
        foreach (string target in targets)
            await ApplyAsync(fault.Kind, target);
        if (fault.Seconds is { } seconds)
            _undoings.AddRange(targets.Select(target => UndoLaterAsync(fault.Kind, target, seconds)));
    }

    /// <summary>Ends when everything has been undone whose time it was.</summary>
    public Task AllUndoneAsync(CancellationToken cancellationToken) => Task.WhenAll(_undoings).WaitAsync(cancellationToken);

    /// <summary>Undoes at once what is not undone yet.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_undoings);
        _over.Dispose();
    }

    private async Task ApplyAsync(FaultKind kind, string target)
    {
        switch (kind)
        {
            case FaultKind.FullDisk when fleet.Disk.WhyNotFilled is { } reason:
                note($"SKIPPED, the disk is not filled: {reason}");
                break;
            case FaultKind.FullDisk:
                fleet.Disk.Fill();
                break;
            case FaultKind.Truncate:
                jobs.TruncateSoon(target);
                break;
            case FaultKind.Removals:
                jobs.StartRemovals();
                break;
            default:
                await ApplyAsync(kind, fleet[target]);
                break;
        }
    }

    private async Task ApplyAsync(FaultKind kind, FleetNode target)
    {
        switch (kind)
        {
            case FaultKind.Kill or FaultKind.KillWorkers when target.IsRunning:
                await target.KillAsync();
                break;
            case FaultKind.Stop when target.IsRunning:
                target.Stop();
                break;
            case FaultKind.Partition:
                fleet.Faults.Isolate(target.Name);
                break;
            case FaultKind.Delay:
                fleet.Faults.Delay(target.Name, s_delay);
                break;
            case FaultKind.Tamper:
                fleet.Faults.Tamper(target.Name);
                break;
            case FaultKind.Cut:
                target.Cut();
                break;
            case FaultKind.Join or FaultKind.OtherSecret or FaultKind.OtherVersion:
                target.Start();
                break;
            case FaultKind.Drain when target.IsRunning:
                // It goes on computing for a while, and so does the run.
                _undoings.Add(DrainAsync(target));
                break;
            case FaultKind.Descriptors when target.IsRunning:
                target.UseUpDescriptors();
                break;
            case FaultKind.SlowClients:
                _slowClients = new SlowClients(target.Place.Http);
                break;
        }
    }

    private async Task DrainAsync(FleetNode target)
    {
        AttnResult end = IsByCommand(target)
            ? await target.DrainAsync(fleet.Gateways.Select(gateway => gateway.Place.Http).ToArray(), note)
            : await target.LeaveAsync();
        note($"{target.Name} has left");
        if (end.ExitCode != 0)
            problem($"{target.Name} was told to leave and ended with exit code {end.ExitCode}");
    }

    /// <summary>One worker in two; the others get a signal, as from a service manager.</summary>
    private static bool IsByCommand(FleetNode target) => (target.Name[^1] & 1) == 1;

    private async Task UndoLaterAsync(FaultKind kind, string target, double seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (kind == FaultKind.FullDisk)
        {
            note($"free {target}");
            fleet.Disk.Free();
            return;
        }

        await UndoAsync(kind, fleet[target]);
    }

    /// <summary>No gateway may think it a worker. Which of them have seen it, depends on what else is wrong.</summary>
    private async Task CheckOutsiderAsync(FleetNode outsider)
    {
        foreach (FleetNode gateway in fleet.Gateways.ToArray())
        {
            JsonElement? status = await fleet.StatusAsync(gateway, CancellationToken.None);
            JsonElement? seen = status?.GetProperty("nodes").EnumerateArray().Cast<JsonElement?>()
                .FirstOrDefault(node => node!.Value.GetProperty("address").GetString() == outsider.Place.Seed);
            if (seen is not { } node)
                continue;
            note($"{gateway.Name} says of {outsider.Name}: {(node.TryGetProperty("problem", out JsonElement why) ? why : "nothing")}");
            if (node.GetProperty("worker").ValueKind == JsonValueKind.Object)
                problem($"{gateway.Name} takes {outsider.Name} for a worker");
        }
    }

    private async Task UndoAsync(FaultKind kind, FleetNode target)
    {
        switch (kind)
        {
            case FaultKind.Kill or FaultKind.KillWorkers when !target.IsWanted:
                note($"start {target.Name} again");
                target.Start();
                break;
            case FaultKind.Stop when target.IsRunning:
                note($"continue {target.Name}");
                target.Continue();
                break;
            case FaultKind.Partition or FaultKind.Delay or FaultKind.Tamper:
                note(kind == FaultKind.Tamper ? $"heal {target.Name}; {fleet.Faults.Tamperings} chunks were changed until now"
                    : $"heal {target.Name}");
                fleet.Faults.Heal(target.Name);
                break;
            case FaultKind.Descriptors when target.IsRunning:
                note($"restore the limit of {target.Name}");
                target.RestoreDescriptors();
                break;
            case FaultKind.SlowClients:
                if (!_slowClients!.HasSeenLife && target.IsRunning && !_over.IsCancellationRequested)
                    problem($"{target.Name} has not said that it is alive as long as the slow clients were there");
                await _slowClients.DisposeAsync();
                note($"the slow clients of {target.Name} have gone");
                break;
            case FaultKind.OtherSecret or FaultKind.OtherVersion:
                await CheckOutsiderAsync(target);
                AttnResult end = await target.LeaveAsync();
                note($"{target.Name} has gone, with exit code {end.ExitCode}");
                break;
        }
    }
}
