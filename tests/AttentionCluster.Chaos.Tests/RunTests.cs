using AttentionCluster.Chaos.Planning;
using AttentionCluster.Chaos.Running;

namespace AttentionCluster.Chaos.Tests;

/// <summary>A few runs of the harness with real processes; <c>run --seed 1 --runs 100</c> is the long one.</summary>
public sealed class RunTests
{
    /// <summary>The first seeds with a small cluster of which only workers suffer, each from something else.</summary>
    private static IReadOnlyList<int> Seeds =>
        [.. new[] { FaultKind.Kill, FaultKind.Stop, FaultKind.Partition }.Select(kind => Enumerable.Range(1, 10_000).First(seed => IsSmall(RunPlanner.Plan(seed, RunPlanner.AllKinds), kind)))];

    [SkippableFact]
    public async Task Jobs_end_with_the_same_bits_whatever_happens_to_nodes()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "nodes are stopped by signals, and callers found in /proc, as Linux has them");
        using var output = new StringWriter();
        var settings = new RunSettings(Seeds, TimeSpan.MaxValue, TimeSpan.FromSeconds(120), RunPlanner.AllKinds);
        await using var session = new ChaosSession(settings, output);

        Assert.True(await session.RunAsync(CancellationToken.None), output.ToString());
        Assert.Contains("3 runs, 3 passed", output.ToString(), StringComparison.Ordinal);
    }

    private static bool IsSmall(RunPlan plan, FaultKind kind) =>
        plan is { Gateways: 1, Workers: 2, Jobs: [{ Work.Name: "auto" }], Faults: [{ Seconds: not null } fault] } && fault.Kind == kind && !NodeNames.IsGateway(fault.Node);
}
