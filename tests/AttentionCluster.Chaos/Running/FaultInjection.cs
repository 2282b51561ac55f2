using AttentionCluster.Chaos.Fleets;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.Chaos.Running;

/// <summary>Does to a fleet what is planned, and undoes it: by itself after its time, or when the run is over.</summary>
internal sealed class FaultInjection(Fleet fleet, IReadOnlyList<string> workers, Action<string> note, Action<string> problem) : IAsyncDisposable
{
    /// <summary>How late bytes are on a delayed link, each way: the distance to another continent.</summary>
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(80);

    private readonly List<Task> _undoings = [];
    private readonly CancellationTokenSource _over = new();

    /// <summary>Carries out a fault.</summary>
    public async Task ApplyAsync(PlannedFault fault)
    {
        note(fault.ToString());
        FleetNode[] targets = [.. (fault.Kind == FaultKind.KillWorkers ? workers : [fault.Node]).Select(name => fleet[name])];
        foreach (FleetNode target in targets)
            await ApplyAsync(fault.Kind, target);
        if (fault.Seconds is { } seconds)
            _undoings.AddRange(targets.Select(target => UndoLaterAsync(fault.Kind, target, seconds)));
    }

    /// <summary>Undoes at once what is not undone yet.</summary>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_undoings);
        _over.Dispose();
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
            case FaultKind.Cut:
                target.Cut();
                break;
            case FaultKind.Join:
                target.Start();
                break;
            case FaultKind.Drain when target.IsRunning:
                // It goes on computing for a while, and so does the run.
                _undoings.Add(DrainAsync(target));
                break;
        }
    }

    private async Task DrainAsync(FleetNode target)
    {
        AttnResult end = IsByCommand(target)
            ? await target.DrainAsync(fleet.Wanted.Where(node => NodeNames.IsGateway(node.Name)).Select(gateway => gateway.Place.Http).ToArray(), note)
            : await target.LeaveAsync();
        note($"{target.Name} has left");
        if (end.ExitCode != 0)
            problem($"{target.Name} was told to leave and ended with exit code {end.ExitCode}");
    }

    /// <summary>One worker in two; the others get a signal, as from a service manager.</summary>
    private static bool IsByCommand(FleetNode target) => (target.Name[^1] & 1) == 1;

    private async Task UndoLaterAsync(FaultKind kind, FleetNode target, double seconds)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
            case FaultKind.Partition or FaultKind.Delay:
                note($"heal {target.Name}");
                fleet.Faults.Heal(target.Name);
                break;
        }
    }
}
