using AttentionCluster.Chaos.Planning;
using AttentionCluster.Chaos.Running;

namespace AttentionCluster.Chaos.Tests;

/// <summary>A few runs of the harness with real processes; <c>run --seed 1 --runs 100</c> is the long one.</summary>
public sealed class RunTests
{
    /// <summary>Chosen for what is in their plans, and for being short: a worker that is killed, one that is stopped, one that joins.</summary>
    private const int Seed = 1, Runs = 3;

    [SkippableFact]
    public async Task Jobs_end_with_the_same_bits_whatever_happens_to_nodes()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "nodes are stopped by signals, and callers found in /proc, as Linux has them");
        using var output = new StringWriter();
        var settings = new RunSettings(Seed, Runs, TimeSpan.MaxValue, TimeSpan.FromSeconds(120), RunPlanner.AllKinds);
        await using var session = new ChaosSession(settings, output);

        Assert.True(await session.RunAsync(CancellationToken.None), output.ToString());
    }
}
