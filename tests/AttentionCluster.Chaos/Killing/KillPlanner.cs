using AttentionCluster.Chaos.Jobs;

namespace AttentionCluster.Chaos.Killing;

/// <summary>
/// Makes kills, and what clients send meanwhile, from a seed. When a kill comes in the course of a job is the machine's speed as well.
/// </summary>
internal static class KillPlanner
{
    /// <summary>Parts of all kills: both gateways at once, the one that nobody asks, and those beside a full disk.</summary>
    private const double BothShare = 0.1, OtherShare = 0.2, FullDiskShare = 0.12;

    /// <summary>Parts of all jobs.</summary>
    private const double TwiceShare = 0.2, RepeatedShare = 0.25, CancelledShare = 0.25, KeptShare = 0.15;

    private const int UploadDelayMaxMs = 60, ComputingDelayMaxMs = 400, CompletionDelayMaxMs = 120, RemovalDelayMaxMs = 15, CancelMaxMs =
        500;

    /// <summary>From one that is computed in a moment to one that is uploaded, and computed, for a second.</summary>
    private static readonly (double UpTo, JobWork Work)[] s_works =
    [
        (0.5, JobWork.Small),
        (0.85, new JobWork("medium", 4, 2, 4096, 64, 1024, 256, "auto")),
        (1, new JobWork("large", 8, 2, 8192, 64, 2048, 512, "auto")),
    ];

    /// <summary>All works that clients send.</summary>
    public static IEnumerable<JobWork> Works => s_works.Select(work => work.Work);

    /// <summary>The kills of a seed.</summary>
    public static IReadOnlyList<PlannedKill> Kills(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(1, count).Select(number => Kill(random, number))];
    }

    /// <summary>What a client of a seed sends, one after the other, without end.</summary>
    public static IEnumerable<PlannedSubmission> Submissions(int seed, int client)
    {
        var random = new Random(unchecked((seed * 7919) + client));
        while (true)
        {
            double size = random.NextDouble();
            yield return new PlannedSubmission(
                s_works.First(work => size < work.UpTo).Work,
                random.NextDouble() < TwiceShare,
                random.NextDouble() < RepeatedShare,
                random.NextDouble() < CancelledShare ? random.Next(CancelMaxMs) : null,
                random.NextDouble() < KeptShare);
        }
    }

    private static PlannedKill Kill(Random random, int number)
    {
        KillMoment moment = Enum.GetValues<KillMoment>()[random.Next(Enum.GetValues<KillMoment>().Length)];
        double target = random.NextDouble();
        return new PlannedKill(
            number,
            moment,
            target < BothShare ? KillTarget.Both : target < BothShare + OtherShare ? KillTarget.Other : KillTarget.Asked,
            random.Next(DelayMax(moment)),
            Math.Round(random.NextDouble(), 1),
            random.NextDouble() < FullDiskShare ? Math.Round(0.2 + (2 * random.NextDouble()), 1) : null);
    }

    private static int DelayMax(KillMoment moment) => moment switch
    {
        KillMoment.Upload => UploadDelayMaxMs,
        KillMoment.Computing => ComputingDelayMaxMs,
        KillMoment.Completion => CompletionDelayMaxMs,
        _ => RemovalDelayMaxMs,
    };
}
