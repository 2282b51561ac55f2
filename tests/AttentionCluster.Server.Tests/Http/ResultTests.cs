using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>Results: whole, in ranges, conditional, and under removal.</summary>
public sealed class ResultTests : IAsyncLifetime, IDisposable
{
    private readonly ApiNode _node = new(new JobsOptions(), new ScriptedAttention { EndsAtOnce = true });
    private string _id = "";
    private byte[] _whole = [];

    private string Address => $"/v1/jobs/{_id}/result";

    public async Task InitializeAsync()
    {
        await _node.InitializeAsync();
        _id = await _node.Client.SubmitAsync(JobBody.Of(new TensorShape(1, 1, 1000, 8)));
        await _node.Client.EndOfAsync(_id);
        _whole = await File.ReadAllBytesAsync(Path.Combine(_node.JobsFolder, _id, "result.safetensors"));
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task The_whole_result_has_its_hash_as_its_tag_and_says_that_there_are_ranges()
    {
        using HttpResponseMessage answer = await _node.Client.GetAsync(Address);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(_whole, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(JobBody.MediaType, answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(_whole.Length, answer.Content.Headers.ContentLength);
        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(_whole))}\"", answer.Headers.ETag!.Tag);
        Assert.Equal(["bytes"], answer.Headers.AcceptRanges);
    }

    [Fact]
    public async Task Its_size_and_tag_can_be_asked_for_alone()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, Address);
        using HttpResponseMessage answer = await _node.Client.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, _whole.Length), (answer.StatusCode, answer.Content.Headers.ContentLength));
        Assert.False(answer.Headers.ETag!.IsWeak);
    }

    [Theory]
    [InlineData(0, 99)]
    [InlineData(1000, 1000)]
    [InlineData(30000, null)]
    [InlineData(null, 10)]
    public async Task A_range_is_answered_with_just_that(int? from, int? to)
    {
        using HttpResponseMessage answer = await GetAsync(request => request.Headers.Range = new RangeHeaderValue(from, to));

        byte[] wanted = from is null ? _whole[^to!.Value..] : _whole[from.Value..((to + 1) ?? _whole.Length)];
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(wanted, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(_whole.Length, answer.Content.Headers.ContentRange!.Length);
    }

    [Fact]
    public async Task A_range_beyond_the_end_can_not_be_had()
    {
        using HttpResponseMessage answer = await GetAsync(request => request.Headers.Range = new RangeHeaderValue(_whole.Length, null));

        Assert.Contains($"has {_whole.Length} bytes",
            await answer.AssertProblemAsync(HttpStatusCode.RequestedRangeNotSatisfiable, "range-not-satisfiable"),
            StringComparison.Ordinal);
        Assert.Equal(_whole.Length, answer.Content.Headers.ContentRange!.Length);
    }

    [Fact]
    public async Task What_the_asker_has_is_not_sent_again()
    {
        EntityTagHeaderValue tag = await TagAsync();
        using HttpResponseMessage same = await GetAsync(request => request.Headers.IfNoneMatch.Add(tag));
        using HttpResponseMessage other = await GetAsync(request => request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"other\"")));

        Assert.Equal((HttpStatusCode.NotModified, HttpStatusCode.OK), (same.StatusCode, other.StatusCode));
        Assert.Empty(await same.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_range_of_another_file_is_answered_with_the_whole_of_this_one()
    {
        EntityTagHeaderValue tag = await TagAsync();
        using HttpResponseMessage same = await GetAsync(request =>
        {
            request.Headers.Range = new RangeHeaderValue(5, 9);
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
        });
        using HttpResponseMessage other = await GetAsync(request =>
        {
            request.Headers.Range = new RangeHeaderValue(5, 9);
            request.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue("\"other\""));
        });

        Assert.Equal((HttpStatusCode.PartialContent, HttpStatusCode.OK), (same.StatusCode, other.StatusCode));
        Assert.Equal(_whole, await other.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("Range", "items=0-3")]
    [InlineData("Range", "bytes=3-1")]
    [InlineData("Range", "bytes=a-b")]
    [InlineData("Range", "bytes=")]
    [InlineData("Range", "bytes=,")]
    [InlineData("Range", "bytes=0-3,5-6")]
    [InlineData("If-Range", "Sat, 29 Oct 1999 19:43:31 GMT")]
    [InlineData("If-Range", "abc")]
    [InlineData("If-Range", "\"abc\"")]
    [InlineData("If-Range", "W/TAG")]
    public async Task What_is_no_range_of_these_bytes_is_answered_with_the_whole(string header, string value)
    {
        string tag = (await TagAsync()).Tag;
        using HttpResponseMessage answer = await GetAsync(request =>
        {
            if (header == "If-Range")
                request.Headers.TryAddWithoutValidation("Range", "bytes=0-3");
            request.Headers.TryAddWithoutValidation(header, value.Replace("TAG", tag, StringComparison.Ordinal));
        });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(_whole, await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("BYTES=0-3", 206)]
    [InlineData("bytes=-0", 416)]
    public async Task A_range_is_read_as_the_standard_says(string range, int status)
    {
        using HttpResponseMessage answer = await GetAsync(request => request.Headers.TryAddWithoutValidation("Range", range));
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Ranges_are_for_GET_alone()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, Address);
        request.Headers.Range = new RangeHeaderValue(_whole.Length, null);
        using HttpResponseMessage answer = await _node.Client.SendAsync(request).InTime();

        Assert.Equal((HttpStatusCode.OK, _whole.Length), (answer.StatusCode, answer.Content.Headers.ContentLength));
    }

    [Theory]
    [InlineData("If-Match", "TAG", 200)]
    [InlineData("If-Match", "\"other\", TAG", 200)]
    [InlineData("If-Match", "*", 200)]
    [InlineData("If-Match", "W/TAG", 412)]
    [InlineData("If-Match", "\"other\"", 412)]
    [InlineData("If-Match", "other", 412)]
    [InlineData("If-None-Match", "W/TAG", 304)]
    [InlineData("If-None-Match", "*", 304)]
    [InlineData("If-None-Match", "other", 200)]
    [InlineData("If-Unmodified-Since", "Sat, 29 Oct 1994 19:43:31 GMT", 200)]
    [InlineData("If-Modified-Since", "Sat, 29 Oct 2039 19:43:31 GMT", 200)]
    public async Task A_condition_is_read_as_the_standard_says(string header, string value, int status)
    {
        EntityTagHeaderValue tag = await TagAsync();
        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using var request = new HttpRequestMessage(method, Address);
            request.Headers.TryAddWithoutValidation(header, value.Replace("TAG", tag.Tag, StringComparison.Ordinal));
            using HttpResponseMessage answer = await _node.Client.SendAsync(request).InTime();

            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(status == 412 ? null : tag, answer.Headers.ETag);
            if (status == 412 && method == HttpMethod.Get)
                Assert.Contains(tag.Tag, await answer.AssertProblemAsync(HttpStatusCode.PreconditionFailed, "precondition-failed"),
                    StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_result_that_is_removed_is_read_to_its_end_by_who_reads_it()
    {
        // Larger than all buffers between the file and the reader.
        string id = await _node.Client.SubmitAsync(
            JobBody.Of(new TensorShape(1, 1, 300_000, 8), new TensorShape(1, 1, 1, 8), new TensorShape(1, 1, 1, 8)));
        await _node.Client.EndOfAsync(id);
        string path = Path.Combine(_node.JobsFolder, id, "result.safetensors");
        byte[] whole = await File.ReadAllBytesAsync(path);
        using HttpResponseMessage answer = await _node.Client.GetAsync($"/v1/jobs/{id}/result", HttpCompletionOption.ResponseHeadersRead);

        using HttpResponseMessage removed = await _node.Client.DeleteAsync($"/v1/jobs/{id}");

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.False(File.Exists(path));
        Assert.Equal(whole, await answer.Content.ReadAsByteArrayAsync().InTime());
    }

    [Theory]
    [InlineData("GET", null)]
    [InlineData("HEAD", null)]
    [InlineData("GET", "Range")]
    [InlineData("GET", "If-None-Match")]
    public async Task A_result_that_was_changed_on_the_disk_is_not_given_under_its_tag(string method, string? header)
    {
        string tag = (await TagAsync()).Tag;
        _whole[^1] ^= 1;
        await File.WriteAllBytesAsync(ResultPath, _whole);

        for (int time = 0; time < 2; time++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), Address);
            if (header is not null)
                request.Headers.Add(header, header == "Range" ? "bytes=0-9" : tag);
            using HttpResponseMessage answer = await _node.Client.SendAsync(request).InTime();

            Assert.Equal((HttpStatusCode.Gone, null), (answer.StatusCode, answer.Headers.ETag));
            if (method == "GET")
                await answer.AssertProblemAsync(HttpStatusCode.Gone, "result-damaged");
        }
    }

    [Fact]
    public async Task A_result_whose_file_is_gone_is_damaged_and_its_job_is_still_there()
    {
        File.Delete(ResultPath);
        using HttpResponseMessage answer = await _node.Client.GetAsync(Address);

        await answer.AssertProblemAsync(HttpStatusCode.Gone, "result-damaged");
        Assert.Equal("succeeded", (await _node.Client.JobAsync(_id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_result_that_was_written_anew_with_the_same_bytes_is_given()
    {
        await File.WriteAllBytesAsync(ResultPath, _whole);
        using HttpResponseMessage answer = await _node.Client.GetAsync(Address);

        Assert.Equal(_whole, await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_change_that_left_no_trace_is_found_by_the_next_process()
    {
        using var data = new TemporaryFolder();
        string id;
        await using (var first = new ApiNode(new JobsOptions(), new ScriptedAttention { EndsAtOnce = true }, shared: data))
        {
            await first.InitializeAsync();
            id = await first.Client.SubmitAsync(JobBody.Of(new TensorShape(1, 1, 10, 8)));
            await first.Client.EndOfAsync(id);
        }

        string path = Path.Combine(data.Path, "jobs", id, "result.safetensors");
        DateTime written = File.GetLastWriteTimeUtc(path);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        File.SetLastWriteTimeUtc(path, written);

        await using var next = new ApiNode(new JobsOptions(), new ScriptedAttention(), shared: data);
        await next.InitializeAsync();
        using HttpResponseMessage answer = await next.Client.GetAsync($"/v1/jobs/{id}/result");
        await answer.AssertProblemAsync(HttpStatusCode.Gone, "result-damaged");
    }

    private string ResultPath => Path.Combine(_node.JobsFolder, _id, "result.safetensors");

    private async Task<EntityTagHeaderValue> TagAsync()
    {
        using HttpResponseMessage answer = await _node.Client.GetAsync(Address);
        return answer.Headers.ETag!;
    }

    private async Task<HttpResponseMessage> GetAsync(Action<HttpRequestMessage> choose)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address);
        choose(request);
        return await _node.Client.SendAsync(request).InTime();
    }
}
