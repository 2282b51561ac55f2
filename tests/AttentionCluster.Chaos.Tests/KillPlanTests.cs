using AttentionCluster.Chaos.Killing;

namespace AttentionCluster.Chaos.Tests;

/// <summary>Which moments gateways are killed at, and what clients send meanwhile, follows from the seed.</summary>
public sealed class KillPlanTests
{
    private const int Kills = 200, Jobs = 500;

    [Fact]
    public void The_kills_of_a_seed_are_always_the_same()
    {
        Assert.Equal(KillPlanner.Kills(1, Kills), KillPlanner.Kills(1, Kills));
        Assert.NotEqual(KillPlanner.Kills(1, Kills), KillPlanner.Kills(2, Kills));
        Assert.Equal(KillPlanner.Kills(1, Kills).Take(10), KillPlanner.Kills(1, 10));
    }

    [Fact]
    public void Gateways_are_killed_at_every_moment_and_the_disk_is_full_now_and_then()
    {
        IReadOnlyList<PlannedKill> kills = KillPlanner.Kills(1, Kills);

        Assert.All(Enum.GetValues<KillMoment>(), moment => Assert.True(kills.Count(kill => kill.Moment == moment) > Kills / 8));
        Assert.Equal(Enum.GetValues<KillTarget>(), kills.Select(kill => kill.Target).Distinct().Order());
        Assert.InRange(kills.Count(kill => kill.DiskFullSeconds is not null), Kills / 20, Kills / 4);
    }

    [Fact]
    public void Clients_send_repeat_cancel_and_keep_jobs_as_the_seed_says()
    {
        PlannedSubmission[] jobs = [.. KillPlanner.Submissions(1, client: 1).Take(Jobs)];

        Assert.Equal(jobs, KillPlanner.Submissions(1, client: 1).Take(Jobs));
        Assert.NotEqual(jobs, KillPlanner.Submissions(1, client: 2).Take(Jobs));
        Assert.Equal(KillPlanner.Works.OrderBy(work => work.Rows), jobs.Select(job => job.Work).Distinct().OrderBy(work => work.Rows));
        Assert.Contains(jobs, job => job.IsSentTwice);
        Assert.Contains(jobs, job => job is { IsRepeated: true, CancelledAfterMs: null });
        Assert.Contains(jobs, job => job.CancelledAfterMs is not null);
        Assert.Contains(jobs, job => job is { IsKept: true, CancelledAfterMs: null });
    }
}
