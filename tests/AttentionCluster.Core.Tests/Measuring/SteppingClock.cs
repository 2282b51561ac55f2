namespace AttentionCluster.Core.Tests.Measuring;

/// <summary>A clock of which each thread sees its own time: a step later whenever it looks.</summary>
internal sealed class SteppingClock(TimeSpan step) : TimeProvider, IDisposable
{
    private readonly ThreadLocal<long> _looks = new();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ++_looks.Value * step.Ticks;

    public void Dispose() => _looks.Dispose();
}
