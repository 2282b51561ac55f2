using AttentionCluster.Chaos.Fleets;
using AttentionCluster.EndToEnd.Tests.Serve;

namespace AttentionCluster.Chaos.Showing;

/// <summary>
/// How long workers do nothing, by the processor time that the operating system counts for their processes: it sees what a report, which
/// a node writes of itself, may not.
/// </summary>
internal sealed class WorkerIdleness(IReadOnlyList<FleetNode> workers)
{
    /// <summary>
    /// A worker is idle in an interval in which it has less than this part of a core; one that computes has a good part even where nodes
    /// share cores.
    /// </summary>
    private const double IdleShare = 0.1;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, double> _idleSince = [];
    private readonly Dictionary<string, double> _longest = [];

    /// <summary>Seconds of the longest time that each has been idle, by name.</summary>
    public IReadOnlyDictionary<string, double> Longest => _longest;

    /// <summary>Watches until told otherwise.</summary>
    public async Task WatchAsync(Func<bool> isOver)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Dictionary<string, TimeSpan> before = workers.ToDictionary(worker => worker.Name, Used);
        double then = 0;
        while (!isOver())
        {
            await Task.Delay(s_interval);
            double now = clock.Elapsed.TotalSeconds;
            foreach (FleetNode worker in workers)
            {
                TimeSpan used = Used(worker);
                bool isIdle = (used - before[worker.Name]).TotalSeconds < IdleShare * (now - then);
                before[worker.Name] = used;
                double since = _idleSince[worker.Name] = isIdle ? _idleSince.GetValueOrDefault(worker.Name, then) : now;
                _longest[worker.Name] = Math.Max(_longest.GetValueOrDefault(worker.Name), now - since);
            }

            then = now;
        }
    }

    private static TimeSpan Used(FleetNode worker) => worker.Process is ServeProcess { HasExited: false } process ? process.ProcessorTime
        : TimeSpan.Zero;
}
