using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Tests.Kernels;

namespace AttentionCluster.Core.Tests.Attention;

/// <summary>What a result says of its job is enough to compute, verify and resume it.</summary>
public class RecordedOptionsTests
{
    [Theory]
    [MemberData(nameof(OptionKinds.All), MemberType = typeof(OptionKinds))]
    public void A_job_with_recorded_options_has_the_same_bits(string kind)
    {
        using OptionCombination job = OptionKinds.Create(kind);
        AttentionProblem problem = job.Problem.With(options => options with { Kernel = KernelChoice.Portable });

        AttentionOptions? recorded = RecordedOptions.Read(RecordedOptions.Write(problem.Plan), out string reason);

        Assert.True(recorded is not null, reason);
        Assert.Equal(
            WholeAttention.Compute(problem, KernelPath.Portable).Sha256(), WholeAttention.Compute(problem.With(_ => recorded), KernelPath.Portable).Sha256());
    }
}
