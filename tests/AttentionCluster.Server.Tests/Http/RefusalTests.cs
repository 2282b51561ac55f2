using System.Net;
using System.Text;
using AttentionCluster.Core;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Jobs;
using AttentionCluster.Server.Tests.Running;

namespace AttentionCluster.Server.Tests.Http;

/// <summary>What is no job is refused with a code and words, by both ways in, and leaves nothing.</summary>
public sealed class RefusalTests : IAsyncLifetime, IDisposable
{
    private static readonly TensorShape Shape = new(1, 2, 20, 8);
    private static readonly string[] Ways = ["/v1/jobs", "/v1/attention"];

    private readonly ApiNode _node = new(
        new JobsOptions
        {
            AttentionBytesMax = 1 << 20,
            StoreBytesMax = 4 << 20,
            JobsQueuedMax = 1,
            CallsQueuedMax = 1,
            HeaderBytesMax = 4096
        },
        new ScriptedAttention { EndsAtOnce = true });

    public static TheoryData<string, int, string, string> Queries { get; } = new()
    {
        { "casual=true", 400, "unknown-option", "'casual'; there are causal, align, offset, window, sinks" },
        { "Causal=true", 400, "unknown-option", "'Causal'" },
        { "causal=yes", 400, "wrong-option", "causal is 'yes'; it must be true or false" },
        { "causal=true&causal=false", 400, "wrong-option", "causal is given 2 times" },
        { "align=middle", 400, "wrong-option", "one of bottom-right, top-left" },
        { "offset=1.5", 400, "wrong-option", "offset is '1.5'; it must be an integer" },
        { "offset=", 400, "wrong-option", "offset is ''" },
        { "window=3", 400, "wrong-option", "two integers left,right" },
        { "scale=0,5", 400, "wrong-option", "a number such as 0.125" },
        { "scale=NaN", 400, "option-out-of-range", "finite" },
        { "verify=-1", 400, "option-out-of-range", "verify is -1" },
        { "verify=99999999999", 400, "wrong-option", "integer" },
        { "keys_per_segment=0", 400, "option-out-of-range", "at least 1" },
        { "rows_per_block=-3", 400, "option-out-of-range", "at least 1" },
        { "kernel=cuda", 400, "wrong-option", "one of auto, fused, separate, reference, avx512, avx2, arm64, emulated, portable" },
        { "out_dtype=f64", 400, "wrong-option", "one of f32, f16, bf16, same" },
        { "softcap=0", 400, "option-out-of-range", "a finite number above 0" },
        { "sinks=-1", 400, "option-out-of-range", "at least 0" },
        { "mask_block=0,4", 400, "option-out-of-range", "rows,keys of at least 1 each" },
    };

    public static TheoryData<string, int, string, string> Bodies { get; } = new()
    {
        { "", 400, "body-too-short", "ends after 0 bytes" },
        { "1234567", 400, "body-too-short", "ends after 7 bytes" },
        { "header of 5000", 400, "malformed-body", "at most 4096 bytes" },
        { "npy", 400, "malformed-body", "at most 4096 bytes" },
        { "cut header", 400, "body-too-short", "a header that ends at byte" },
        { "no json", 400, "malformed-body", "byte 8" },
        { "hole", 400, "malformed-body", "hole" },
        { "one byte short", 400, "body-too-short", "as its safetensors header says" },
        { "one byte long", 400, "body-too-long", "ends at byte" },
        { "no v", 400, "tensor-missing", "no tensor 'v'" },
        { "integer q", 400, "wrong-type", "of type I32; wanted F32, F16, BF16 or F64" },
        { "a mask of three keys", 400, "wrong-shape", "wanted one that broadcasts to [B, Hq, Nq, Nk] = [1, 1, 2, 2]" },
        { "documents of queries alone", 400, "tensor-missing", "'q_documents' needs 'k_documents'" },
        { "document lengths of queries alone", 400, "tensor-missing", "'q_document_lengths' needs 'k_document_lengths'" },
        { "documents twice", 400, "tensors-conflict", "given twice, by 'q_documents' and by 'q_document_lengths'" },
        { "more documents of rows", 400, "wrong-shape", "has 2 documents, and 'k_document_lengths' has 1" },
        { "lengths of floats", 400, "wrong-type", "'kv_lengths' is of type Float32" },
        { "a length of more keys than there are", 400, "option-out-of-range",
            "kv_lengths[0] is 3; it must be from 0 to the 2 keys that there are" },
        { "document lengths that leave a row", 400, "option-out-of-range", "q_document_lengths[0] adds up to 1 rows; the sequence has 2" },
        { "misspelt", 400, "unknown-tensor", "'masc'" },
        { "rank 1", 400, "wrong-shape", "'q' has shape [64]" },
        { "empty axis", 400, "wrong-shape", "every axis must be from 1" },
        { "other widths", 400, "shapes-do-not-fit", "different widths (8 and 4)" },
    };

    public async Task InitializeAsync() => await _node.InitializeAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task A_wrong_option_is_refused_by_name(string query, int status, string code, string words)
    {
        foreach (string way in Ways)
            await AssertRefusedAsync($"{way}?{query}", JobBody.Of(Shape).Bytes, status, code, words);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_wrong_body_is_refused_with_its_place(string body, int status, string code, string words)
    {
        foreach (string way in Ways)
        {
            await AssertRefusedAsync(way, BytesOf(body), status, code, words);
            await AssertRefusedAsync(way, BytesOf(body), status, code, words == "as its safetensors header says" ? words
                : words.Replace("ends at byte", "", StringComparison.Ordinal), isChunked: true);
        }
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("application/json", "'application/json'; send application/x-safetensors")]
    [InlineData("application/x-safetensors-not", "send application/x-safetensors")]
    public async Task Another_content_type_is_refused(string? type, string words)
    {
        foreach (string way in Ways)
        {
            using var content = new ByteArrayContent(JobBody.Of(Shape).Bytes);
            if (type is not null)
                content.Headers.TryAddWithoutValidation("Content-Type", type);
            using HttpResponseMessage answer = await _node.Client.PostAsync(way, content).InTime();
            Assert.Contains(words, await answer.AssertProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type"),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_call_that_is_too_large_is_sent_to_the_jobs()
    {
        byte[] body = JobBody.Of(new TensorShape(1, 1, 4000, 32)).Bytes;

        foreach (bool isChunked in (bool[])[false, true])
            await AssertRefusedAsync("/v1/attention", body, 413, "attention-too-large", "send it to /v1/jobs", isChunked);
    }

    [Fact]
    public async Task A_job_that_the_store_can_never_take_is_too_large() =>
        await AssertRefusedAsync("/v1/jobs", JobBody.Of(new TensorShape(1, 1, 10000, 32)).Bytes, 413, "job-too-large",
            "the store takes 4194304 in all");

    [Fact]
    public async Task A_job_beyond_the_memory_limit_is_refused_with_what_to_do() =>
        await AssertRefusedAsync("/v1/jobs?keys_per_segment=100000000&rows_per_block=1000000", WideClaim(), 413, "memory-limit",
            "choose a smaller", isChunked: true);

    [Fact]
    public async Task A_plan_of_too_many_tasks_is_refused() =>
        await AssertRefusedAsync("/v1/jobs?keys_per_segment=1&rows_per_block=1", WideClaim(), 422, "too-many-tasks",
            "raise rows-per-block", isChunked: true);

    [Fact]
    public async Task Gigabytes_are_refused_by_their_header_before_they_are_sent()
    {
        // 40 GB that are never sent: the answer comes all the same.
        SafetensorsLayout layout = SafetensorsHeader.Build([("q", ElementType.Float32, [1, 10_000_000_000])]);
        using RawRequest raw = await RawRequest.ConnectAsync(_node);
        await raw.PostAsync("/v1/jobs", $"Content-Length: {layout.FileLength}");
        await raw.WriteAsync(layout.Header);

        Assert.Equal(400, await raw.StatusAsync());
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "not-found")]
    [InlineData("GET", "/", 404, "not-found")]
    [InlineData("PUT", "/v1/jobs", 405, "method-not-allowed")]
    [InlineData("GET", "/v1/attention", 405, "method-not-allowed")]
    [InlineData("GET", "/v1/jobs/nobody", 404, "no-such-job")]
    [InlineData("DELETE", "/v1/jobs/nobody", 404, "no-such-job")]
    [InlineData("GET", "/v1/jobs/..%2f..%2f..%2fetc%2fpasswd/result", 404, "no-such-job")]
    [InlineData("DELETE", "/v1/jobs/%2e%2e", 404, "not-found")]
    [InlineData("GET", "/v1/jobs/%00/result", 400, "bad-request")]
    public async Task Other_addresses_have_problems_too(string method, string target, int status, string code)
    {
        using RawRequest raw = await RawRequest.ConnectAsync(_node);
        await raw.WriteAsync($"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        string answer = await raw.ReadToEndAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        if (status != 400)
        {
            Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
            Assert.Contains($"\"code\":\"{code}\"", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_code_has_a_status_or_is_in_no_answer()
    {
        Assert.All(ErrorCodes.All, code => Assert.InRange(ProblemCodes.StatusOf(code) ?? 500, 400, 599));
        Assert.All([400, 404, 405, 408, 413, 415, 500], status => Assert.Equal(status, ProblemCodes.StatusOf(ProblemCodes.CodeOf(status))));
    }

    /// <summary>
    /// Besides, nothing stays in the store and the only place of the queue is free again: the next refusal would be another one.
    /// </summary>
    private async Task AssertRefusedAsync(string target, byte[] body, int status, string code, string words, bool isChunked = false)
    {
        using HttpContent content = JobBody.Content(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = content };
        request.Headers.TransferEncodingChunked = isChunked;
        using HttpResponseMessage answer = await _node.Client.SendAsync(request).InTime();
        Assert.Contains(words, await answer.AssertProblemAsync((HttpStatusCode)status, code), StringComparison.Ordinal);
        Assert.Empty(_node.JobFolders);
    }

    private static byte[] BytesOf(string body)
    {
        byte[] good = JobBody.Of(Shape).Bytes;
        return body switch
        {
            "header of 5000" => [.. BitConverter.GetBytes(5000L), .. new byte[5000]],
            "npy" => [.. "\u0093NUMPY\u0001\u0000"u8[1..], .. new byte[100]],
            "cut header" => good[..20],
            "no json" => [.. BitConverter.GetBytes(4L), .. "q: 1"u8],
            "hole" => Header("""{"q":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8),
            "one byte short" => good[..^1],
            "one byte long" => [.. good, 0],
            "no v" => Built(("q", ElementType.Float32, [2, 8]), ("k", ElementType.Float32, [2, 8])),
            "integer q" => Header("""{"q":{"dtype":"I32","shape":[1,1],"data_offsets":[0,4]}}""", 4),
            "a mask of three keys" => WithTensor("mask", 3),
            "documents of queries alone" => Header(
                """{"q":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"k":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]},"v":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},"q_documents":{"dtype":"I64","shape":[1],"data_offsets":[12,20]}}""", 20),
            "document lengths of queries alone" => WithLengths(("q_document_lengths", [1])),
            "documents twice" =>
                WithLengths(("q_document_lengths", [1]), ("k_document_lengths", [1]), ("q_documents", [2]), ("k_documents", [2])),
            "more documents of rows" => WithLengths(("q_document_lengths", [2]), ("k_document_lengths", [1, 1])),
            "lengths of floats" => WithTensor("kv_lengths", 1),
            "a length of more keys than there are" => WithLengths(3, ("kv_lengths", [1])),
            "document lengths that leave a row" => WithLengths(1, ("q_document_lengths", [1]), ("k_document_lengths", [1])),
            "misspelt" => WithTensor("masc", 2),
            "rank 1" => Built(("q", ElementType.Float32, [64]), ("k", ElementType.Float32, [2, 8]), ("v", ElementType.Float32, [2, 8])),
            "empty axis" => Built(("q", ElementType.Float32, [0, 8]), ("k", ElementType.Float32, [2, 8]),
                ("v", ElementType.Float32, [2, 8])),
            "other widths" => Built(("q", ElementType.Float32, [2, 8]), ("k", ElementType.Float32, [2, 4]),
                ("v", ElementType.Float32, [2, 8])),
            _ => Encoding.ASCII.GetBytes(body),
        };
    }

    private static byte[] WithTensor(string name, int length) =>
        Built(("q", ElementType.Float32, [2, 8]), ("k", ElementType.Float32, [2, 8]), ("v", ElementType.Float32, [2, 8]),
            (name, ElementType.Float32, [length]));

    /// <summary>Tensors of zeros beside three of two rows, all of one batch entry.</summary>
    private static byte[] WithLengths(params (string Name, long[] Axes)[] tensors) => WithLengths(0, tensors);

    /// <summary>The same of one number.</summary>
    private static byte[] WithLengths(long number, params (string Name, long[] Axes)[] tensors)
    {
        string header = """{"q":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"k":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},"v":{"dtype":"F32","shape":[2,1],"data_offsets":[16,24]}""";
        long end = 24;
        foreach ((string name, long[] axes) in tensors)
        {
            long bytes = sizeof(long) * axes.Aggregate((all, axis) => all * axis);
            header += $",\"{name}\":{{\"dtype\":\"I64\",\"shape\":[{string.Join(',', axes)}],\"data_offsets\":[{end},{end + bytes}]}}";
            end += bytes;
        }

        byte[] file = Header(header + "}", (int)end);
        for (long at = end - 24; at > 0; at -= sizeof(long))
            BitConverter.TryWriteBytes(file.AsSpan(file.Length - (int)at), number);
        return file;
    }

    /// <summary>The header of a large job, whose tensors are never asked for.</summary>
    private static byte[] WideClaim() =>
        SafetensorsHeader.Build(
            [("q", ElementType.Float32, [1_000_000, 8]), ("k", ElementType.Float32, [100_000_000, 8]),
            ("v", ElementType.Float32, [100_000_000, 8])]).Header;

    private static byte[] Built(params (string, ElementType, long[])[] tensors)
    {
        SafetensorsLayout layout = SafetensorsHeader.Build(tensors);
        return [.. layout.Header, .. new byte[layout.FileLength - layout.Header.Length]];
    }

    private static byte[] Header(string json, int dataBytes) =>
        [.. BitConverter.GetBytes((long)json.Length), .. Encoding.ASCII.GetBytes(json), .. new byte[dataBytes]];
}
