using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>A request that is sent twice is one job.</summary>
public sealed class IdempotencyTests : IAsyncLifetime, IDisposable
{
    private static readonly JobBody Body = JobBody.Of(new TensorShape(1, 1, 30, 8));

    private readonly ApiNode _node = new(new JobsOptions(), new ScriptedAttention { EndsAtOnce = true });

    public async Task InitializeAsync() => await _node.InitializeAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task The_same_request_is_answered_with_the_first_job_as_long_as_that_is_kept()
    {
        string first = await AcceptedAsync("a key", Body);
        await _node.Client.EndOfAsync(first);

        Assert.Equal(first, await AcceptedAsync("a key", Body));
        Assert.NotEqual(first, await AcceptedAsync("another key", Body));
        Assert.Equal(2, _node.JobFolders.Length);

        (await _node.Client.DeleteAsync($"/v1/jobs/{first}")).Dispose();
        Assert.NotEqual(first, await AcceptedAsync("a key", Body));
    }

    [Fact]
    public async Task Another_request_with_the_same_key_is_refused()
    {
        string first = await AcceptedAsync("key", Body);

        foreach ((string query, JobBody body) in ((string, JobBody)[])
            [("?causal=true", Body), ("", JobBody.Of(new TensorShape(1, 1, 31, 8))),
                ("", JobBody.Of(new TensorShape(1, 1, 30, 8), Core.Tensors.ElementType.Float16))])
        {
            using HttpResponseMessage answer = await SendAsync("key", body, query);
            Assert.Contains(first, await answer.AssertProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused"),
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Other_numbers_with_the_same_key_are_refused_whichever_tensor_they_are_in(int tensor)
    {
        string first = await AcceptedAsync("key", Body);
        byte[] other = [.. Body.Bytes];
        int ofOne = 30 * 8 * sizeof(float);
        other[other.Length - (tensor * ofOne) - 1] ^= 1;

        using HttpResponseMessage answer = await SendAsync("key", other);
        Assert.Contains(first, await answer.AssertProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused"),
            StringComparison.Ordinal);
        Assert.Equal(first, await AcceptedAsync("key", Body));
    }

    [Fact]
    public async Task The_same_tensors_in_another_order_and_with_other_notes_are_the_same_job()
    {
        string first = await AcceptedAsync("key", Body);
        (string, ElementType, long[])[] tensors =
            [.. ((string[])["v", "k", "q"]).Select(name => (name, ElementType.Float32, new long[] { 1, 1, 30, 8 }))];
        SafetensorsLayout layout = SafetensorsHeader.Build(tensors, new Dictionary<string, string> { ["written"] = "later" });
        int ofOne = 30 * 8 * sizeof(float);
        byte[][] numbers = [.. Body.Bytes[^(3 * ofOne)..].Chunk(ofOne)];

        using HttpResponseMessage answer = await SendAsync("key", [.. layout.Header, .. numbers[2], .. numbers[1], .. numbers[0]]);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.EndsWith(first, answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
        using HttpResponseMessage exchanged = await SendAsync("key", [.. layout.Header, .. numbers[0], .. numbers[1], .. numbers[2]]);
        await exchanged.AssertProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused");
    }

    [Fact]
    public async Task A_repeated_body_must_be_as_long_as_its_header_says()
    {
        await AcceptedAsync("key", Body);

        foreach ((byte[] bytes, string code) in ((byte[], string)[])[(Body.Bytes[..^1], "body-too-short"),
            ([.. Body.Bytes, 0], "body-too-long")])
        {
            using HttpResponseMessage answer = await SendAsync("key", bytes);
            await answer.AssertProblemAsync(HttpStatusCode.BadRequest, code);
            using HttpResponseMessage chunked = await SendAsync("key", bytes, isChunked: true);
            await chunked.AssertProblemAsync(HttpStatusCode.BadRequest, code);
        }
    }

    [Fact]
    public void Of_a_job_that_an_older_version_received_the_body_as_a_whole_decides()
    {
        Assert.True(new JobContent(null, "body").IsSameAs(new JobContent("tensors", "body")));
        Assert.False(new JobContent(null, "body").IsSameAs(new JobContent("tensors", "other")));
        Assert.True(new JobContent("tensors", "body").IsSameAs(new JobContent("tensors", "other")));
        Assert.False(new JobContent("tensors", "body").IsSameAs(new JobContent("other", "body")));
    }

    [Fact]
    public async Task A_second_request_while_the_first_is_received_is_told_to_wait_and_a_broken_one_frees_the_key()
    {
        using RawRequest first = await RawRequest.ConnectAsync(_node);
        await first.PostAsync("/v1/jobs", $"Idempotency-Key: key\r\nContent-Length: {Body.Bytes.Length}");
        await first.WriteAsync(Body.Bytes.AsMemory(0, 300));
        await Eventually.UntilAsync(() => _node.JobFolders.Length == 1);

        using (HttpResponseMessage answer = await SendAsync("key", Body))
            await answer.AssertProblemAsync(HttpStatusCode.Conflict, "idempotency-key-in-use");

        first.Break();
        await Eventually.UntilAsync(() => _node.JobFolders.Length == 0);

        // The key is free a moment after its job's folder is gone.
        HttpStatusCode status = default;
        await Eventually.UntilAsync(async () => (status = await StatusAsync("key", Body)) != HttpStatusCode.Conflict);
        Assert.Equal(HttpStatusCode.Accepted, status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ä")]
    [InlineData("256")]
    public async Task A_key_that_is_none_is_refused(string key)
    {
        using RawRequest raw = await RawRequest.ConnectAsync(_node);
        await raw.PostAsync("/v1/jobs", $"Idempotency-Key: {(key == "256" ? new string('k', 256) : key)}\r\nConnection: "
            + "close\r\nContent-Length: 0");

        Assert.Equal(400, await raw.StatusAsync());
    }

    private async Task<string> AcceptedAsync(string key, JobBody body)
    {
        using HttpResponseMessage answer = await SendAsync(key, body);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        string id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        Assert.Equal($"/v1/jobs/{id}", answer.Headers.Location!.OriginalString);
        return id;
    }

    private async Task<HttpStatusCode> StatusAsync(string key, JobBody body)
    {
        using HttpResponseMessage answer = await SendAsync(key, body);
        return answer.StatusCode;
    }

    private Task<HttpResponseMessage> SendAsync(string key, JobBody body, string query = "") => SendAsync(key, body.Bytes, query);

    private async Task<HttpResponseMessage> SendAsync(string key, byte[] body, string query = "", bool isChunked = false)
    {
        using HttpContent content = JobBody.Content(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/jobs{query}") { Content = content };
        request.Headers.Add("Idempotency-Key", key);
        request.Headers.TransferEncodingChunked = isChunked ? true : null;
        return await _node.Client.SendAsync(request).InTime();
    }
}
