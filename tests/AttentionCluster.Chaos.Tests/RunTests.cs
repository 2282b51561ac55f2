using AttentionCluster.Chaos.Jobs;
using AttentionCluster.Chaos.Planning;
using AttentionCluster.Chaos.Running;
using AttentionCluster.Chaos.Showing;

namespace AttentionCluster.Chaos.Tests;

/// <summary>A few runs of the harness with real processes; <c>run --seed 1 --runs 100</c> is the long one.</summary>
public sealed class RunTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    /// <summary>The first seeds with a small cluster of which only workers suffer, each from something else.</summary>
    private static IReadOnlyList<int> Seeds =>
        [.. new[] { FaultKind.Kill, FaultKind.Stop, FaultKind.Partition }.Select(kind =>
            Enumerable.Range(1, 10_000).First(seed => IsSmall(RunPlanner.Plan(seed, RunPlanner.AllKinds), kind)))];

    [SkippableFact]
    public async Task Jobs_end_with_the_same_bits_whatever_happens_to_nodes()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "nodes are stopped by signals, and callers found in /proc, as Linux has them");
        using var output = new StringWriter();
        var settings = new RunSettings(Seeds, TimeSpan.MaxValue, s_patience, RunPlanner.AllKinds);
        await using var session = new ChaosSession(settings, output);

        Assert.True(await session.RunAsync(CancellationToken.None), output.ToString());
        Assert.Contains("3 runs, 3 passed", output.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Whoever can change tensor bytes between nodes makes jobs slower, and changes no bit of a result.</summary>
    [SkippableFact]
    public async Task Tensors_that_are_changed_between_nodes_change_no_result()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "callers are found in /proc, as Linux has it");
        using var timelines = new StringWriter();
        await using var table = new InvarianceTable(JobWork.Catalogue.Single(work => work.Name == "auto"), s_patience, timelines);

        InvarianceRow row = Assert.Single(await table.RunAsync("bits of tensors changed", CancellationToken.None));

        Assert.True(row.Problems.Count == 0, timelines.ToString());
        Assert.True(row.Retries > 0, timelines.ToString());
        Assert.DoesNotContain("; 0 chunks were changed", timelines.ToString(), StringComparison.Ordinal);
    }

    private static bool IsSmall(RunPlan plan, FaultKind kind) =>
        plan is { Gateways: 1, Workers: 2, Jobs: [{ Work.Name: "auto" }], Faults: [{ Seconds: not null } fault] } && fault.Kind == kind
            && !NodeNames.IsGateway(fault.Node);
}
