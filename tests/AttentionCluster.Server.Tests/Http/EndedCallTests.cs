using System.Net;
using AttentionCluster.Core;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Calls that end without a result.</summary>
public sealed class EndedCallTests
{
    private static readonly JobBody Body = JobBody.Of(new TensorShape(1, 1, 30, 8));

    [Fact]
    public async Task A_call_whose_sender_has_gone_is_cancelled_and_leaves_nothing()
    {
        var attention = new ScriptedAttention();
        await using ApiNode node = await ApiNode.StartAsync(new JobsOptions { JobsRunningMax = 1 }, attention);
        using RawRequest running = await SendAsync(node);
        string first = await attention.NextStartAsync();
        using RawRequest waiting = await SendAsync(node);
        await Eventually.UntilAsync(() => node.JobFolders.Length == 2);

        waiting.Break();
        await Eventually.UntilAsync(() => node.JobFolders.Length == 1);
        running.Break();
        await Eventually.UntilAsync(() => node.JobFolders.Length == 0);

        Assert.True(attention[first].End.Task.IsCompleted);
        Assert.False(attention.HasStarts);
    }

    [Theory]
    [InlineData(ErrorCode.TaskFailed, "task-failed", 500)]
    [InlineData(ErrorCode.MemoryLimit, "memory-limit", 413)]
    [InlineData(ErrorCode.StoreNotWritable, "store-not-writable", 507)]
    [InlineData(ErrorCode.TooManyDocuments, "too-many-documents", 422)]
    [InlineData(ErrorCode.DocumentsNotRuns, "documents-not-runs", 400)]
    public async Task A_call_that_fails_has_the_reason(ErrorCode code, string name, int status)
    {
        var attention = new ScriptedAttention();
        await using ApiNode node = await ApiNode.StartAsync(new JobsOptions(), attention);
        using HttpContent content = Body.Content();
        Task<HttpResponseMessage> answers = node.Client.PostAsync("/v1/attention", content);

        attention[await attention.NextStartAsync()].Fail(code);

        using HttpResponseMessage answer = await answers.InTime();
        Assert.Equal($"{name}, in words", await answer.AssertProblemAsync((HttpStatusCode)status, name));
        Assert.Empty(node.JobFolders);
    }

    [Fact]
    public async Task A_call_that_breaks_the_program_tells_nothing_inner()
    {
        var attention = new ScriptedAttention();
        await using ApiNode node = await ApiNode.StartAsync(new JobsOptions(), attention);
        using HttpContent content = Body.Content();
        Task<HttpResponseMessage> answers = node.Client.PostAsync("/v1/attention", content);

        attention[await attention.NextStartAsync()].End.SetException(new InvalidOperationException("inner secret"));

        using HttpResponseMessage answer = await answers.InTime();
        Assert.DoesNotContain("secret", await answer.AssertProblemAsync(HttpStatusCode.InternalServerError, "internal-error"),
            StringComparison.Ordinal);
    }

    private static async Task<RawRequest> SendAsync(ApiNode node)
    {
        RawRequest raw = await RawRequest.ConnectAsync(node);
        await raw.PostAsync("/v1/attention", $"Content-Length: {Body.Bytes.Length}");
        await raw.WriteAsync(Body.Bytes);
        return raw;
    }
}
