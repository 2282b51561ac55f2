using AttentionCluster.Cluster.Jobs;
using AttentionCluster.Cluster.Jobs.Reporting;
using AttentionCluster.Core.Api;

namespace AttentionCluster.Cluster.Tests.Jobs.Reporting;

public sealed class PhaseTimerTests
{
    private readonly SetClock _clock = new();

    [Fact]
    public void Phases_follow_one_another_and_make_up_the_whole()
    {
        _clock.Seconds = 100;
        var timer = new PhaseTimer(_clock);
        _clock.Seconds = 103;
        timer.Started();
        _clock.Seconds = 120;
        timer.Computed(new JobTally
        {
            BegunAt = _clock.TimestampOf(105),
            ComputeStart = TimeSpan.FromSeconds(2),
            ComputeEnd = TimeSpan.FromSeconds(12),
            KernelSeconds = 15,
            Workers = new Dictionary<string, int> { ["ann"] = 2 },
        });

        Assert.Equal(new PhaseSeconds(3, 4, 10, 3, 20), timer.Seconds());
        Assert.Equal((0.1, 0.75), (timer.Gflops(1e9), timer.IdealFraction()));
    }

    [Fact]
    public void Phases_that_were_not_reached_have_no_time()
    {
        var timer = new PhaseTimer(_clock);
        _clock.Seconds = 5;
        Assert.Equal(new PhaseSeconds(5, 0, 0, 0, 5), timer.Seconds());
        timer.Started();
        _clock.Seconds = 7;
        timer.Computed(JobTally.Nothing);

        Assert.Equal(new PhaseSeconds(5, 2, 0, 0, 7), timer.Seconds());
        Assert.Equal((0.0, 0.0), (timer.Gflops(1e9), timer.IdealFraction()));
    }

    /// <summary>A clock that stands where it was set.</summary>
    private sealed class SetClock : TimeProvider
    {
        internal double Seconds { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => TimestampOf(Seconds);

        internal long TimestampOf(double seconds) => (long)(seconds * TimestampFrequency);
    }
}
