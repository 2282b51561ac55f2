namespace AttentionCluster.Server.Tests.Running;

/// <summary>The system's clock, whose time of day can be set, and which can be made to have run for longer.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long _jumpTicks;
    private long _passedTicks;

    /// <summary>Sets the time of day forwards or backwards.</summary>
    internal void Jump(TimeSpan by) => Interlocked.Add(ref _jumpTicks, by.Ticks);

    /// <summary>Time passes for everything that asks how much has; timers don't.</summary>
    internal void Pass(TimeSpan time) => Interlocked.Add(ref _passedTicks, time.Ticks);

    public override DateTimeOffset GetUtcNow() =>
        base.GetUtcNow().AddTicks(Interlocked.Read(ref _jumpTicks) + Interlocked.Read(ref _passedTicks));

    public override long GetTimestamp() =>
        base.GetTimestamp() + (long)(TimeSpan.FromTicks(Interlocked.Read(ref _passedTicks)).TotalSeconds * TimestampFrequency);
}
