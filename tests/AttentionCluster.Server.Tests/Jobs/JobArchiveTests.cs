using AttentionCluster.Cluster.Store;
using AttentionCluster.Core;
using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Server.Jobs;

namespace AttentionCluster.Server.Tests.Jobs;

/// <summary>Jobs that another process ended, maybe one of another version.</summary>
public sealed class JobArchiveTests
{
    [Theory]
    [InlineData("task-failed", ErrorCode.TaskFailed, "in words")]
    [InlineData("result-not-writable", ErrorCode.StoreNotWritable, "in words")]
    [InlineData("of-a-newer-version", ErrorCode.UnknownCode, "of-a-newer-version: in words")]
    public void The_reason_of_a_failed_job_outlives_its_process(string written, ErrorCode code, string message)
    {
        var record = new JobRecord
        {
            Id = "a",
            Owner = "",
            Created = DateTimeOffset.UnixEpoch,
            Request = new AttentionOptions(),
            Tensors = "",
            InputBytes = 0,
            InputChecksum = "",
            State = JobState.Failed,
            ErrorCode = written,
            ErrorMessage = "in words",
        };

        using Job job = JobArchive.Load(record, folders: null!, TimeProvider.System);

        Assert.Equal(new Refusal(code, message), job.Status.Error);
    }
}
