using AttentionCluster.Cluster.Store;

namespace AttentionCluster.Cluster.Tests.Store;

/// <summary>What may succeed a little later is tried again, and nothing else.</summary>
public sealed class PassingTroubleTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(300);

    /// <summary>EMFILE and ENOSPC.</summary>
    [Theory]
    [InlineData(24)]
    [InlineData(28)]
    public async Task A_trouble_that_passes_is_waited_for(int error)
    {
        int times = 0;

        int found = await TransientFailure.RetryAsync(() => ++times < 3 ? throw new IOException("not now", error) : times, Patience.Limit,
            TimeProvider.System, default);

        Assert.Equal(3, found);
    }

    [Fact]
    public async Task One_that_lasts_is_told_after_a_while()
    {
        int times = 0;

        await Assert.ThrowsAsync<IOException>(() =>
            TransientFailure.RetryAsync(() => Fail(new IOException($"{++times}", 24)), s_patience, TimeProvider.System, default));

        Assert.InRange(times, 2, 4);
    }

    [SkippableFact]
    public async Task What_will_not_pass_is_told_at_once()
    {
        Skip.If(OperatingSystem.IsWindows(), "the numbers are those of Unix");
        foreach (Exception problem in new Exception[] { new FileNotFoundException(), new DirectoryNotFoundException(),
            new EndOfStreamException(), new ObjectDisposedException("file"), new IOException("EIO", 5), new IOException("EEXIST", 17) })
        {
            int times = 0;
            await Assert.ThrowsAsync(problem.GetType(), () =>
                TransientFailure.RetryAsync(() => Fail(problem, ++times), Patience.Limit, TimeProvider.System, default));
            Assert.Equal(1, times);
        }
    }

    [Fact]
    public async Task Whoever_cancels_does_not_wait()
    {
        using var cancel = new CancellationTokenSource();
        Task trial = TransientFailure.RetryAsync(() => Fail(new IOException("full", 28)), TimeSpan.FromDays(1), TimeProvider.System,
            cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trial).WaitAsync(Patience.Limit);
    }

    private static void Fail(Exception problem, int time = 0) => throw problem;
}
