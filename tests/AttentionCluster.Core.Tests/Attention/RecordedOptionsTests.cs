using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Results;
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
            WholeAttention.Compute(problem, KernelPath.Portable).Sha256(),
                WholeAttention.Compute(problem.With(_ => recorded), KernelPath.Portable).Sha256());
    }

    /// <summary>Results that were written before have this text, and must be those of the same job.</summary>
    [Fact]
    public void The_text_of_a_result_is_that_of_earlier_results()
    {
        var one = new AttentionCase(200, 200)
        {
            Options = new()
            {
                KeysPerSegment = 64,
                RowsPerBlock = 64,
                Softcap = 30,
                WithLse = false,
                VerifyRows = 3,
                RejectNonFinite = true
            },
        };

        Assert.Equal(
            """{"causal":false,"offset":0,"window":[-1,-1],"sinks":0,"scale":1,"softcap":30,"mask_block":[128,128],"out_dtype":"f32","kernel":"fused","keys_per_segment":64,"rows_per_block":64}""",
            RecordedOptions.Write(one.Plan));
    }

    /// <summary>The first release named the path that computed, and whoever computes again takes the best of its family.</summary>
    [Fact]
    public void A_result_of_the_first_release_is_read()
    {
        AttentionOptions? read = RecordedOptions.Read(
            """{"causal":true,"align":"top-left","window":[-1,-1],"sinks":0,"scale":0.25,"mask_block":[128,128],"out_dtype":"bf16","kernel":"portable","keys_per_segment":64,"rows_per_block":64}""", out _);

        Assert.Equal(
            new()
            {
                Causal = true,
                Align = CausalAlignment.TopLeft,
                Scale = 0.25,
                Output = OutputType.BFloat16,
                Kernel = KernelChoice.Separate,
                KeysPerSegment = 64,
                RowsPerBlock = 64
            },
            read);
    }

    [Theory]
    [InlineData("""{"out_dtype":"same"}""", "does not say the type")]
    [InlineData("""{"temperature":1}""", "temperature")]
    [InlineData("{", "Expected depth")]
    public void What_this_version_can_not_read_is_refused(string json, string words)
    {
        Assert.Null(RecordedOptions.Read(json, out string reason));
        Assert.Contains(words, reason, StringComparison.Ordinal);
    }
}
