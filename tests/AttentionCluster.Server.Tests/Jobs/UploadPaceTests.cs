using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Tests.Jobs;

/// <summary>Which bodies have to give way when there is no place.</summary>
public sealed class UploadPaceTests
{
    private const long Long = 1 << 30;

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(100 + seconds);

    [Fact]
    public void One_that_has_just_begun_is_not_slow()
    {
        var pace = new UploadPace(Long, Seconds(0));

        Assert.False(pace.IsSlow(Seconds(0)));
        Assert.False(pace.IsSlow(Seconds(0.9)));
        Assert.True(pace.IsSlow(Seconds(1)));
    }

    [Theory]
    [InlineData(2 << 20, false)]
    [InlineData(1 << 19, true)]
    [InlineData(1 << 16, true)]
    public void A_long_one_must_come_fast(int bytesPerSecond, bool isSlow) =>
        Assert.Equal(isSlow, Steady(Long, bytesPerSecond, 10).IsSlow(Seconds(10)));

    [Theory]
    [InlineData(35, false)]
    [InlineData(45, true)]
    public void A_slow_one_that_ends_soon_holds_nobody_up(int seconds, bool isSlow) =>
        Assert.Equal(isSlow, Steady(seconds * (1 << 16), 1 << 16, 10).IsSlow(Seconds(10)));

    [Fact]
    public void One_that_was_fast_and_has_stopped_is_slow_however_little_is_missing()
    {
        UploadPace pace = Steady(101 << 20, 10 << 20, 10);

        Assert.False(pace.IsSlow(Seconds(10)));
        Assert.True(pace.IsSlow(Seconds(11)));
        Assert.Equal(0, pace.Rate(Seconds(11)));
    }

    [Fact]
    public void One_that_sent_nearly_all_at_once_and_drips_now_is_slow()
    {
        var pace = new UploadPace(3000, Seconds(0));
        pace.Reach(2700, Seconds(0));
        for (int i = 1; i <= 8; i++)
            pace.Reach(2700 + i, Seconds(i * 0.5));

        Assert.True(pace.IsSlow(Seconds(4.1)));
    }

    private static UploadPace Steady(long length, int bytesPerSecond, int seconds)
    {
        var pace = new UploadPace(length, Seconds(0));
        for (int i = 0; i < seconds * 10; i++)
            pace.Reach((i + 1) * (bytesPerSecond / 10), Seconds(i * 0.1));
        return pace;
    }
}
