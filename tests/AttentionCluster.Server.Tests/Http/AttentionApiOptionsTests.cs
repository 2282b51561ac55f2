using AttentionCluster.Core;
using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Tests.Http;

public sealed class AttentionApiOptionsTests
{
    public static TheoryData<JobsOptions, string> Wrong { get; } = new()
    {
        { new() { JobsRunningMax = 0 }, "jobs-running-max is 0; it must be from 1 to 1024" },
        { new() { JobsQueuedMax = 0 }, "jobs-queued-max" },
        { new() { CallsQueuedMax = 100_001 }, "calls-queued-max" },
        { new() { SmallJobFlopsMax = double.NaN }, "small-job-flops-max" },
        { new() { AttentionBytesMax = 1 }, "attention-bytes-max" },
        { new() { HeaderBytesMax = int.MaxValue }, "header-bytes-max" },
        { new() { StoreBytesMax = 0 }, "store-bytes-max" },
        { new() { JobsKeptMax = 0 }, "jobs-kept-max" },
        { new() { ResultAgeMax = TimeSpan.Zero }, "result-age-max" },
        { new() { SweepInterval = TimeSpan.Zero }, "sweep-interval" },
        { new() { UploadBytesPerSecondMin = 0 }, "upload-bytes-per-second-min" },
        { new() { UploadGracePeriod = TimeSpan.FromSeconds(1) }, "upload-grace-period" },
        { new() { EventInterval = TimeSpan.Zero }, "event-interval" },
        { new() { HeartbeatInterval = TimeSpan.Zero }, "heartbeat-interval" },
    };

    [Fact]
    public void The_defaults_are_good() => Assert.Empty(new JobsOptions().Validate());

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_value_out_of_its_range_is_named(JobsOptions options, string words)
    {
        Refusal refusal = Assert.Single(options.Validate());
        Assert.Equal("option-out-of-range", refusal.Code.Name());
        Assert.StartsWith(words, refusal.Message, StringComparison.Ordinal);
    }
}
