using System.Collections.Concurrent;
using System.Net;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>A job that is removed before what is journaled of it is: nothing of it is left for ever, whoever dies in between.</summary>
public sealed class RemovedJobTests : IDisposable
{
    private readonly TemporaryFolder _data = new();

    public void Dispose() => _data.Dispose();

    private string Jobs => Path.Combine(_data.Path, "jobs");

    [Fact]
    public async Task Its_folder_stays_empty_until_nothing_is_journaled_of_it_any_more()
    {
        var journal = new TaskCompletionSource();
        var attention = new ScriptedAttention { EndsAtOnce = true, Forgetting = _ => journal.Task };
        await using ApiNode node = Gateway(attention);
        await node.InitializeAsync();

        string id = await RemoveOneAsync(node);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Jobs, id)));
        journal.SetResult();

        await Eventually.UntilAsync(() => Directory.GetDirectories(Jobs).Length == 0);
    }

    [Fact]
    public async Task A_journal_in_trouble_is_asked_again()
    {
        int asked = 0;
        var attention = new ScriptedAttention
        {
            EndsAtOnce = true,
            Forgetting = _ => Interlocked.Increment(ref asked) <= 3
            ? throw new IOException("not now") : Task.CompletedTask
        };
        await using ApiNode node = Gateway(attention);
        await node.InitializeAsync();

        await RemoveOneAsync(node);

        await Eventually.UntilAsync(() => Directory.GetDirectories(Jobs).Length == 0);
    }

    [Fact]
    public async Task The_next_process_has_the_rest_removed()
    {
        string id;
        await using (ApiNode first = Gateway(
            new ScriptedAttention { EndsAtOnce = true, Forgetting = _ => new TaskCompletionSource().Task }))
        {
            await first.InitializeAsync();
            id = await RemoveOneAsync(first);
        }

        Assert.True(Directory.Exists(Path.Combine(Jobs, id)));
        var forgotten = new ConcurrentBag<string>();
        await using ApiNode next = Gateway(new ScriptedAttention
        {
            Forgetting = job =>
            {
                forgotten.Add(job);
                return Task.CompletedTask;
            },
        });
        await next.InitializeAsync();

        await Eventually.UntilAsync(() => Directory.GetDirectories(Jobs).Length == 0 && Directory.GetFiles(Jobs).Length == 1);
        Assert.Contains(id, forgotten);
        using HttpResponseMessage answer = await next.Client.GetAsync($"/v1/jobs/{id}");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private ApiNode Gateway(ScriptedAttention attention) => new(new JobsOptions(), attention, shared: _data);

    private static async Task<string> RemoveOneAsync(ApiNode node)
    {
        string id = await node.Client.SubmitAsync(JobBody.Of(new TensorShape(1, 1, 30, 8)));
        await node.Client.EndOfAsync(id);
        using HttpResponseMessage deleted = await node.Client.DeleteAsync($"/v1/jobs/{id}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        return id;
    }
}
