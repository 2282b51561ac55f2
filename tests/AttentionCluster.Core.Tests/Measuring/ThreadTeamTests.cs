using AttentionCluster.Core.Measuring;

namespace AttentionCluster.Core.Tests.Measuring;

public class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void All_threads_work_at_the_same_time_in_every_run(int threads)
    {
        using var team = new ThreadTeam(threads);
        using var meeting = new Barrier(threads);
        for (int run = 0; run < 100; run++)
        {
            int[] seen = new int[threads];
            team.Run(thread =>
            {
                seen[thread]++;
                meeting.SignalAndWait();
            });

            Assert.All(seen, count => Assert.Equal(1, count));
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 10)]
    [InlineData(3, 2)]
    [InlineData(3, 1000)]
    public void Every_piece_is_given_out_once(int threads, int pieces)
    {
        using var team = new ThreadTeam(threads);
        int[] taken = new int[pieces];

        team.Share(pieces, (_, piece) => Interlocked.Increment(ref taken[piece]));

        Assert.All(taken, count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_failure_of_any_thread_reaches_the_caller_and_the_team_goes_on(int failing)
    {
        using var team = new ThreadTeam(2);

        Assert.Throws<InvalidDataException>(() => team.Run(thread =>
        {
            if (thread == failing)
                throw new InvalidDataException();
        }));

        int worked = 0;
        team.Run(_ => Interlocked.Increment(ref worked));
        Assert.Equal(2, worked);
    }
}
