using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Kernels.Simd;
using AttentionCluster.Core.Measuring;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Core.Tests.Measuring;

public sealed unsafe class LimitTests : IDisposable
{
    /// <summary>One look at it is longer than any measurement lasts: no warm-up, one piece of work, which takes two steps.</summary>
    private const int SecondsOfOnePiece = 2;

    /// <summary>More than any core does in a second; what is optimized away takes no time at all.</summary>
    private const double GigasMaxOfOneThread = 2000;

    private readonly SteppingClock _clock = new(TimeSpan.FromSeconds(1));

    public void Dispose() => _clock.Dispose();

    [Fact]
    public void The_arithmetic_limit_counts_two_operations_for_every_multiply_add_of_a_lane()
    {
        using var team = new ThreadTeam(1);
        CountedMultiplyAdd.Count = 0;

        double gflops = FmaLimit.Measure<Quad, ScalarSimd<CountedMultiplyAdd>>(team, _clock);

        Assert.True(CountedMultiplyAdd.Count > 0);
        Assert.Equal(2e-9 * CountedMultiplyAdd.Count / SecondsOfOnePiece, gflops, 1e-9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_arithmetic_limit_of_a_path_is_that_of_its_lanes_and_threads(int threads)
    {
        using var one = new ThreadTeam(1);
        using var team = new ThreadTeam(threads);
        double ofOneLane = FmaLimit.Measure<Quad, ScalarSimd<SeparateMultiplyAdd>>(one, _clock) / 4;

        foreach (KernelPath path in KernelCatalog.Paths.Where(path => path != KernelPath.Reference && KernelPaths.IsSupported(path)))
        {
            int lanes = path switch { KernelPath.Avx512 => 16, KernelPath.Avx2 => 8, _ => 4 };
            Assert.Equal(threads * lanes * ofOneLane, FmaLimit.Measure(path, team, _clock), 1e-9);
            Assert.InRange(FmaLimit.Measure(path, team, TimeProvider.System), double.Epsilon, threads * GigasMaxOfOneThread);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => FmaLimit.Measure(KernelPath.Reference, team, _clock));
    }

    [Theory]
    [InlineData(1, 1, 256)]
    [InlineData(1, 100_000, 390 * 256)]
    [InlineData(3, 1_000_001, 3 * 1302 * 256)]
    public void The_bandwidth_is_that_of_the_whole_steps_of_a_buffer_of_any_size(int threads, long bytes, long bytesRead)
    {
        using var team = new ThreadTeam(threads);
        using var bandwidth = new ReadBandwidth(team, bytes);

        Assert.Equal(1e-9 * bytesRead / SecondsOfOnePiece, bandwidth.Measure(_clock), 1e-12);
        Assert.InRange(bandwidth.Measure(TimeProvider.System), double.Epsilon, threads * GigasMaxOfOneThread);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(640)]
    public void Every_float_of_a_part_is_read_once(int floats)
    {
        using var part = new NativeBuffer(floats * sizeof(float));
        for (int at = 0; at < floats; at++)
        {
            part.FloatSpan(0, floats).Clear();
            part.FloatSpan(0, floats)[at] = 1;

            Assert.Equal(1, ReadBandwidth.Read<Quad, ScalarSimd<SeparateMultiplyAdd>>(part.Floats, part.ByteLength));
        }
    }

    [Fact]
    public void A_rate_is_the_work_over_the_time_of_the_thread_that_did_it()
    {
        using var team = new ThreadTeam(2);
        using var clock = new SteppingClock(TimeSpan.FromMilliseconds(1));
        int[] worked = new int[2];

        double rate = SideBySide.Rate(team, clock, _ => { }, thread =>
        {
            worked[thread]++;
            return 10 * (thread + 1);
        });

        // The clock is looked at once after each piece of work, and once more for the time of all.
        Assert.All(worked, times => Assert.InRange(times, 2, 1000));
        Assert.Equal(worked.Select((times, thread) => 10 * (thread + 1) * times / (1e-3 * (times + 1))).Sum(), rate, 1e-6);
    }

    [Fact]
    public void Every_thread_warms_up_before_any_works()
    {
        using var team = new ThreadTeam(3);
        bool[] warm = new bool[3];
        int[] worked = new int[3];
        bool early = false;

        double rate = SideBySide.Rate(team, TimeProvider.System, thread => Volatile.Write(ref warm[thread], true), thread =>
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
