using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Measuring;

namespace AttentionCluster.Core.Tests.Measuring;

public class LimitTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Every_fast_path_has_a_limit(int threads)
    {
        using var team = new ThreadTeam(threads);

        Assert.All(
            KernelCatalog.Paths.Where(path => path != KernelPath.Reference && KernelPaths.IsSupported(path)),
            path => Assert.InRange(FmaLimit.Measure(path, team), 0.001, 1e6));
        Assert.Throws<ArgumentOutOfRangeException>(() => FmaLimit.Measure(KernelPath.Reference, team));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 100_000)]
    [InlineData(3, 1_000_001)]
    public void Memory_of_any_size_can_be_read(int threads, long bytes)
    {
        using var team = new ThreadTeam(threads);
        using var bandwidth = new ReadBandwidth(team, bytes);

        Assert.InRange(bandwidth.Measure(), 0.001, 1e6);
    }

    [Fact]
    public void Every_thread_warms_up_before_any_works()
    {
        using var team = new ThreadTeam(3);
        bool[] warm = new bool[3];
        int[] worked = new int[3];
        bool early = false;

        double rate = SideBySide.Rate(team, thread => Volatile.Write(ref warm[thread], true), thread =>
        {
            worked[thread]++;
            if (Array.Exists(warm, isWarm => !isWarm))
                Volatile.Write(ref early, true);
            return 10;
        });

        Assert.False(early);
        Assert.All(worked, times => Assert.True(times > 0));
        Assert.True(rate > 0);
    }
}
