using System.Diagnostics;

namespace AttentionCluster.Chaos.Running;

/// <summary>What happened in a run, and when, as it happens.</summary>
/// <param name="output">Where each line goes at once.</param>
internal sealed class Timeline(TextWriter output)
{
    private readonly Lock _gate = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Seconds since the run began.</summary>
    public double Seconds => _clock.Elapsed.TotalSeconds;

    /// <summary>Notes something.</summary>
    public void Note(string what)
    {
        lock (_gate)
            output.WriteLine(FormattableString.Invariant($"{Seconds,7:0.00}  {what}"));
    }
}
