using AttentionCluster.Chaos.Planning;

namespace AttentionCluster.Chaos.Tests;

/// <summary>A plan follows from its seed, and asks nothing of a cluster that none could do.</summary>
public sealed class PlanTests
{
    private const int Seeds = 2000;

    [Fact]
    public void The_plan_of_a_seed_is_always_the_same() =>
        Assert.All(Enumerable.Range(0, Seeds), seed => Assert.Equal(Plan(seed).Lines(), Plan(seed).Lines()));

    /// <summary>
    /// Word by word: a seed that someone has noted must not become another run by a change of the planner that goes unnoticed.
    /// </summary>
    [Fact]
    public void Seed_17_is_what_it_was() => Assert.Equal(
        [
            "seed 17",
            "cluster: 2 gateways that share a data directory, 5 workers",
            "nodes: memory 1GiB, Node:ChunkBytes 256KiB, Node:OfferAgeMax 10s, Cluster:LookInterval 3s, DataPlane:ServedMax 8, "
                + "DataPlane:PulledMax 4, DataPlane:StallTimeout 5s, "
                + "Jobs:JobsRunningMax 2, Jobs:JobsQueuedMax 16, Jobs:JobsKeptMax 64, Jobs:SmallJobFlopsMax 1e11, Jobs:SweepInterval 1s, "
                    + "Jobs:EventInterval 20ms, "
                + "Jobs:UploadGracePeriod 10s, Http:HeaderTimeout 3s, Jobs:HeartbeatInterval 1s",
            "job    at  0 %  1,8:2,12288,64 causal, kernel portable, 2048 keys per segment, 1024 rows per block, by HTTP",
            "job    at  6 %  1,8:2,16384,64 causal, kernel auto, 4096 keys per segment, 1024 rows per block, by HTTP, may end as damaged",
            "fault  at  6 %  truncate the input of job 2",
            "fault  at  6 %  stop worker-3, continue it after 3.9 s",
            "fault  at 29 %  reset all connections of worker-5",
            "fault  at 46 %  stop worker-4, continue it after 3.0 s",
        ],
        Plan(17).Lines());

    [Fact]
    public void Seeds_give_different_plans_with_every_kind_of_fault_on_every_kind_of_node()
    {
        PlannedFault[] faults = [.. Enumerable.Range(0, Seeds).SelectMany(seed => Plan(seed).Faults)];

        Assert.True(Enumerable.Range(0, Seeds).Select(seed => string.Join('\n', Plan(seed).Lines().Skip(1))).Distinct()
            .Count() > Seeds * 9 / 10);
        Assert.Equal(Enum.GetValues<FaultKind>(), faults.Select(fault => fault.Kind).Distinct().Order());
        foreach (FaultKind kind in new[] { FaultKind.Kill, FaultKind.Stop, FaultKind.Partition, FaultKind.Delay, FaultKind.Cut })
            Assert.Equal(2, faults.Where(fault => fault.Kind == kind).Select(fault => NodeNames.IsGateway(fault.Node)).Distinct().Count());
        Assert.Contains(faults, fault => fault is { Kind: FaultKind.Kill, Seconds: null } && NodeNames.IsGateway(fault.Node));
    }

    [Fact]
    public void Somebody_is_always_left_to_compute_and_to_ask()
    {
        foreach (RunPlan plan in Enumerable.Range(0, Seeds).Select(Plan))
        {
            string[] lost = [.. plan.Faults.Where(fault => fault.Kind == FaultKind.Drain
                || fault is { Kind: FaultKind.Kill, Seconds: null }).Select(fault => fault.Node)];
            Assert.True(lost.Count(NodeNames.IsGateway) < plan.Gateways, string.Join('\n', plan.Lines()));
            Assert.True(lost.Count(node => !NodeNames.IsGateway(node)) < plan.Workers, string.Join('\n', plan.Lines()));
            Assert.Distinct(plan.Faults.Select(fault => fault.Node));
            Assert.Equal(plan.Faults.Select(fault => fault.At).Order(), plan.Faults.Select(fault => fault.At));
        }
    }

    [Fact]
    public void Only_a_job_whose_input_is_truncated_may_end_as_damaged()
    {
        foreach (RunPlan plan in Enumerable.Range(0, Seeds).Select(Plan))
        {
            string[] damaged = [.. plan.Faults.Where(fault => fault.Kind == FaultKind.Truncate).Select(fault => fault.Node)];
            Assert.Equal(damaged,
                plan.Jobs.Select((job, index) => (job, Name: NodeNames.Job(index + 1))).Where(named => named.job.MayBeDamaged)
                .Select(named => named.Name));
            Assert.False(plan.Jobs[0].MayBeDamaged);
        }
    }

    /// <summary>It is refused while there is no room, and gives up, as it should.</summary>
    [Fact]
    public void No_command_that_does_not_wait_is_sent_beside_a_full_disk() =>
        Assert.All(
            Enumerable.Range(0, Seeds).Select(Plan).Where(plan => plan.Faults.Any(fault => fault.Kind == FaultKind.FullDisk)),
            plan => Assert.DoesNotContain(plan.Jobs, job => job.IsByAttend));

    [Fact]
    public void Settings_follow_from_the_seed_and_change_with_every_eighth()
    {
        NodeSettings[] settings =
            [.. Enumerable.Range(0, Seeds / NodeSettings.SeedsAlike).Select(number => NodeSettings.Of(number * NodeSettings.SeedsAlike))];

        Assert.All(Enumerable.Range(0, Seeds), seed => Assert.True(NodeSettings.Of(seed).IsSame(settings[seed / NodeSettings.SeedsAlike])));
        Assert.True(settings.Select(each => each.ToString()).Distinct().Count() > settings.Length * 9 / 10);
    }

    [Fact]
    public void Only_what_was_asked_for_goes_wrong() =>
        Assert.All(Enumerable.Range(0, Seeds), seed => Assert.All(
            RunPlanner.Plan(seed, new HashSet<FaultKind> { FaultKind.Stop, FaultKind.Join }).Faults,
            fault => Assert.True(fault.Kind is FaultKind.Stop or FaultKind.Join)));

    private static RunPlan Plan(int seed) => RunPlanner.Plan(seed, RunPlanner.AllKinds);
}
