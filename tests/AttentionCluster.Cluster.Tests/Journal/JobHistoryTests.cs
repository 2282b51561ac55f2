using AttentionCluster.Cluster.Journal;
using AttentionCluster.Cluster.Wire;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Planning;

namespace AttentionCluster.Cluster.Tests.Journal;

/// <summary>Which build a journal is of, and which may go on from it.</summary>
public sealed class JobHistoryTests
{
    [Theory]
    [InlineData(0, 0, "bit-contract-differs")]
    [InlineData(BitContract.Version, JobHistory.FormatCurrent, null)]
    [InlineData(BitContract.Version + 1, JobHistory.FormatCurrent, "bit-contract-differs")]
    [InlineData(BitContract.Version, JobHistory.FormatCurrent + 1, "journal-of-newer-version")]
    public void A_job_goes_on_only_from_blocks_of_its_own_bits_and_of_events_that_are_known(int bits, int format, string? code)
    {
        JobHistory history = JobHistory.None.Apply(new JobBegun { Owner = "one", BitContract = bits, Format = format }).Apply(Done(3));

        Assert.Equal(code, history.WhyNotResumed("job")?.Code.Name());
        Assert.Equal(code, JobHistory.Of(history.ToMessage()).WhyNotResumed("job")?.Code.Name());
    }

    /// <summary>Rows of one family, or of one length of segments, are no rows of a job of another.</summary>
    [Theory]
    [InlineData("fused", 64, null)]
    [InlineData("separate", 64, "bit-contract-differs")]
    [InlineData("fused", 128, "bit-contract-differs")]
    public void A_job_goes_on_only_from_blocks_of_its_own_family_and_keys_per_segment(string family, int keysPerSegment, string? code)
    {
        AttentionPlan plan = Plans.Of(new(1, 1, 300, 8), new(1, 1, 300, 8), new(1, 1, 300, 8), new() { KeysPerSegment = 64 });
        JobHistory history = JobHistory.None
            .Apply(new JobBegun
            {
                Owner = "one",
                BitContract = BitContract.Version,
                Bits = $"{family}-{BitContract.Version}",
                KeysPerSegment = keysPerSegment
            })
            .Apply(Done(3));

        Assert.Equal(code, history.WhyNotResumed("job", plan)?.Code.Name());
        Refusal? refusal = JobHistory.Of(history.ToMessage()).WhyNotResumed("job", plan);
        Assert.Equal(code, refusal?.Code.Name());
        if (code is not null)
            Assert.Contains($"bits {family}-{BitContract.Version} and {keysPerSegment} keys per segment", refusal!.Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_other_bits_do_not_matter_when_none_is_left()
    {
        JobHistory history = JobHistory.None.Apply(new JobBegun { Owner = "one", BitContract = BitContract.Version + 1 }).Apply(Done(3));

        Assert.Null(history.Apply(new JobBegun { Owner = "two", IsAnew = true, BitContract = BitContract.Version }).Apply(Done(1))
            .WhyNotResumed("job"));
    }

    private static BlocksDone Done(int end) => new() { Blocks = { new BlockRange { First = 0, End = end } } };
}
