using System.Globalization;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cli.Attend;

/// <summary>
/// How fast a job goes, from its first report on: the start of the node before it would make a short job look slow.
/// </summary>
internal sealed class ProgressRate(TimeProvider clock)
{
    private const double FlopsPerGflop = 1e9;

    private readonly Lock _lock = new();
    private JobProgress? _first;
    private JobProgress? _last;
    private long _firstAt;
    private long _lastAt;

    /// <summary>Takes a report.</summary>
    public void Add(JobProgress progress)
    {
        lock (_lock)
        {
            (_last, _lastAt) = (progress, clock.GetTimestamp());
            if (_first is null)
                (_first, _firstAt) = (_last, _lastAt);
        }
    }

    /// <summary>Rate and time left; empty while too little is known.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            if (_first is null || _last is null || _last.FlopsDone <= _first.FlopsDone || _lastAt <= _firstAt)
                return "";
            double flopsPerSecond = (_last.FlopsDone - _first.FlopsDone) / clock.GetElapsedTime(_firstAt, _lastAt).TotalSeconds;
            double secondsLeft = ((_last.FlopsTotal - _last.FlopsDone) / flopsPerSecond) - clock.GetElapsedTime(_lastAt).TotalSeconds;
            TimeSpan left = TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(secondsLeft), 0, TimeSpan.MaxValue.TotalSeconds / 2));
            return string.Create(CultureInfo.InvariantCulture, $"{flopsPerSecond / FlopsPerGflop:0} GFLOP/s, {left:c} left");
        }
    }
}
