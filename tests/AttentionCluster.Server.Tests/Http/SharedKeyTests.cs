using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>A request that is sent again to another gateway of the same store is one job.</summary>
public sealed class SharedKeyTests : IAsyncLifetime, IDisposable
{
    private static readonly JobBody s_body = JobBody.Of(new TensorShape(1, 1, 30, 8));

    private readonly TemporaryFolder _data = new();
    private readonly ApiNode _left;
    private readonly ApiNode _right;

    public SharedKeyTests() => (_left, _right) = (Gateway(), Gateway());

    public async Task InitializeAsync()
    {
        await _left.InitializeAsync();
        await _right.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _left.DisposeAsync();
        await _right.DisposeAsync();
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task The_other_gateway_answers_with_the_first_job_as_long_as_that_is_kept()
    {
        string first = await AcceptedAsync(_left, "key");

        Assert.Equal(first, await AcceptedAsync(_right, "key"));
        using (HttpResponseMessage other = await SendAsync(_right, "key", "?causal=true"))
            Assert.Contains(first, await other.AssertProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused"),
                StringComparison.Ordinal);
        using (HttpResponseMessage other = await SendAsync(_right, "key", body: [.. s_body.Bytes[..^1], (byte)(s_body.Bytes[^1] ^ 1)]))
            Assert.Contains(first, await other.AssertProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused"),
                StringComparison.Ordinal);
        Assert.Single(Jobs());

        await _left.Client.EndOfAsync(first);
        (await _left.Client.DeleteAsync($"/v1/jobs/{first}")).Dispose();
        string second = await AcceptedAsync(_right, "key");
        Assert.NotEqual(first, second);
        Assert.Equal(second, await AcceptedAsync(_left, "key"));
    }

    [Fact]
    public async Task The_other_gateway_says_to_wait_while_the_first_is_received_and_takes_the_job_when_that_has_broken_off()
    {
        using RawRequest first = await RawRequest.ConnectAsync(_left);
        await first.PostAsync("/v1/jobs", $"Idempotency-Key: key\r\nContent-Length: {s_body.Bytes.Length}");
        await first.WriteAsync(s_body.Bytes.AsMemory(0, 300));
        await Eventually.UntilAsync(() => Jobs().Length == 1);

        using (HttpResponseMessage answer = await SendAsync(_right, "key"))
            await answer.AssertProblemAsync(HttpStatusCode.Conflict, "idempotency-key-in-use");

        first.Break();
        await Eventually.UntilAsync(() => Jobs().Length == 0);
        await AcceptedAsync(_right, "key");
    }

    [Fact]
    public async Task A_key_goes_with_its_job_to_the_gateway_that_takes_it_over()
    {
        string first = await AcceptedAsync(_left, "key");
        await _left.Client.EndOfAsync(first);
        await using ApiNode third = Gateway();
        await third.InitializeAsync();

        await _left.DisposeAsync();

        Assert.Equal(first, await AcceptedAsync(_right, "key"));
        Assert.Equal(first, await AcceptedAsync(third, "key"));
    }

    [Fact]
    public async Task Sent_to_both_at_once_it_is_one_job()
    {
        string[] keys = [.. Enumerable.Range(0, 20).Select(i => $"key {i}")];

        (string Key, string? Id)[] sent = await Task.WhenAll(keys.SelectMany(key => new[] { _left, _right }.Select(async gateway =>
        {
            using HttpResponseMessage answer = await SendAsync(gateway, key);
            return (key, answer.StatusCode == HttpStatusCode.Accepted ? await IdOfAsync(answer) : null);
        })));

        foreach (string key in keys)
        {
            string id = Assert.Single(sent.Where(answer => answer.Key == key && answer.Id is not null).Select(answer => answer.Id!)
                .Distinct());
            Assert.Equal((id, id), (await AcceptedAsync(_left, key), await AcceptedAsync(_right, key)));
        }

        Assert.Equal(keys.Length, Jobs().Length);
        Assert.Equal(keys.Length, Directory.GetFiles(Path.Combine(_data.Path, "keys")).Count(file => Path.GetFileName(file) != "lock"));
    }

    private ApiNode Gateway() => new(new JobsOptions(), new ScriptedAttention { EndsAtOnce = true }, shared: _data);

    private string[] Jobs() => Directory.GetDirectories(_left.JobsFolder, "job-*");

    private static async Task<string> AcceptedAsync(ApiNode gateway, string key)
    {
        using HttpResponseMessage answer = await SendAsync(gateway, key);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        return await IdOfAsync(answer);
    }

    private static async Task<string> IdOfAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;

    private static async Task<HttpResponseMessage> SendAsync(ApiNode gateway, string key, string query = "", byte[]? body = null)
    {
        using HttpContent content = JobBody.Content(body ?? s_body.Bytes);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/jobs{query}") { Content = content };
        request.Headers.Add("Idempotency-Key", key);
        return await gateway.Client.SendAsync(request).InTime();
    }
}
