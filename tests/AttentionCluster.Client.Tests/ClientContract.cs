using AttentionCluster.Core.Api;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;

namespace AttentionCluster.Client.Tests;

/// <summary>What a client and a server do together when nothing goes wrong, whichever server it is.</summary>
public abstract class ClientContract
{
    /// <summary>The server.</summary>
    protected abstract Uri Server { get; }

    [Fact]
    public async Task A_job_is_sent_watched_and_brought_back()
    {
        using var client = new AttentionClient(Server);
        using var folder = new TemporaryFolder();
        string path = folder.File("out.safetensors");

        string id = await client.SubmitAsync(ClientUnderTest.Tensors(), new AttentionOptions { Causal = true });
        List<JobDocument> seen = [];
        await foreach (JobDocument job in client.WatchAsync(id))
            seen.Add(job);
        long bytes = await client.DownloadResultAsync(id, path);

        Assert.All(seen, job => Assert.Equal(id, job.Id));
        Assert.Equal(JobState.Succeeded, seen[^1].State);
        Assert.Equal(seen[^1].Progress.Tasks, seen[^1].Progress.TasksDone);
        Assert.Equal(64, seen[^1].Report!.OutputSha256!.Length);
        Assert.Equal(bytes, new FileInfo(path).Length);
        using TensorFile file = TensorFile.Open(path);
        Assert.Equal([1, 2, 16, 8], file.Require("o").Dimensions.AsEnumerable());
        Assert.Equal([1, 2, 16], file.Require("lse").Dimensions.AsEnumerable());
        Assert.Equal([path], Directory.EnumerateFiles(folder.Path));
    }

    [Fact]
    public async Task A_small_job_takes_one_call()
    {
        using var client = new AttentionClient(Server);
        using var folder = new TemporaryFolder();
        string path = folder.File("out.safetensors");

        JobReport report;
        await using (FileStream file = File.Create(path))
            report = await client.AttendAsync(ClientUnderTest.Tensors(), file);

        Assert.Equal(JobState.Succeeded, report.State);
        using TensorFile result = TensorFile.Open(path);
        Assert.Equal([1, 2, 16, 8], result.Require("o").Dimensions.AsEnumerable());
    }

    [Fact]
    public async Task Jobs_are_listed_and_removed()
    {
        using var client = new AttentionClient(Server);
        string id = await client.SubmitAsync(ClientUnderTest.Tensors());
        JobDocument ended = await client.WaitAsync(id);

        Assert.Contains(await client.ListJobsAsync(), job => job.Id == id);
        Assert.Equal(ended.Report!.OutputSha256, (await client.GetJobAsync(id)).Report!.OutputSha256);
        Assert.False(await client.CancelAsync(id));
        Assert.True(await client.DeleteAsync(id));

        Assert.DoesNotContain(await client.ListJobsAsync(), job => job.Id == id);
        Assert.False(await client.DeleteAsync(id));
    }

    [Fact]
    public async Task The_same_key_is_the_same_job()
    {
        using var client = new AttentionClient(Server);
        string key = Guid.NewGuid().ToString();

        string id = await client.SubmitAsync(ClientUnderTest.Tensors(), idempotencyKey: key);

        Assert.Equal(id, await client.SubmitAsync(ClientUnderTest.Tensors(), idempotencyKey: key));
        Assert.NotEqual(id, await client.SubmitAsync(ClientUnderTest.Tensors()));
    }

    [Fact]
    public async Task The_cluster_has_a_node_that_is_up()
    {
        using var client = new AttentionClient(Server);

        ClusterStatus cluster = await client.GetClusterAsync();

        Assert.True(cluster.IsUp);
        Assert.Contains(cluster.Nodes, node => node.State == "up" && node.Worker is { Threads: > 0 });
    }

    [Fact]
    public async Task An_unknown_job_is_an_error_with_the_servers_code()
    {
        using var client = new AttentionClient(Server);

        AttentionClientException problem = await Assert.ThrowsAsync<AttentionClientException>(() => client.GetJobAsync("no-such-job"));

        Assert.Equal(System.Net.HttpStatusCode.NotFound, problem.Status);
        Assert.DoesNotContain("http-", problem.Code, StringComparison.Ordinal);
    }
}
