using System.Text;
using AttentionCluster.Cluster;
using AttentionCluster.Core;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Tests.Fuzzing;
using AttentionCluster.Server.Http.Bodies;
using AttentionCluster.Server.Http.Errors;
using AttentionCluster.Server.Http.Options;
using AttentionCluster.Server.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace AttentionCluster.Server.Tests.Fuzz;

/// <summary>Options and sizes of any kind become a job within the node's limits, or a refusal that has its status.</summary>
[Collection(FuzzCollection.Name)]
public sealed class FuzzedOptionTests
{
    /// <summary>For the list of all options in a refusal.</summary>
    private const long AllocatedBytesMax = 64 << 10;

    private static readonly NodeOptions s_node = new() { DataDirectory = "unused", Name = "node", Threads = 2, MemoryBytesMax = 1L << 30 };

    [Fact]
    public void Damaged_options_are_read_or_refused() => FuzzLoop.Run(
        1_500,
        [
            .. OptionCatalog.All.Select(option =>
                Encoding.ASCII.GetBytes($"?{option.Name}={(option.Words.Count > 0 ? option.Words[0] : "1")}")),
            .. ((string[])["?causal&no_lse=false", "?window=-1,128&offset=-5&align=top-left", "?scale=1.5e-3&verify=10&kernel=portable",
                "?keys_per_segment=64&rows_per_block=32&causal=true"])
                .Select(Encoding.ASCII.GetBytes),
        ],
        query => Prepare(Encoding.UTF8.GetString(query), """{"q":{"dtype":"F32","shape":[8,4],"data_offsets":[0,128]},"k":{"dtype":"F32","shape":[8,4],"data_offsets":[128,256]},"v":{"dtype":"F32","shape":[8,4],"data_offsets":[256,384]}}"""u8),
        _ => false, AllocatedBytesMax);

    [Fact]
    public void Promised_sizes_are_within_the_limits_or_refused() => FuzzLoop.Run(
        250, PromisedShapes.Json,
        header => Prepare(header.Length % 2 == 0 ? "?causal" : "?rows_per_block=1024&keys_per_segment=2147483647", header),
        problem => problem is TensorFormatException, AllocatedBytesMax);

    [Fact]
    public void Damaged_idempotency_keys_are_read_or_refused() => FuzzLoop.Run(
        500, [.. ((string[])["key", "8e03978e-40d5-43dd-bc93-6894a57f9324", "\"quoted\""]).Select(Encoding.ASCII.GetBytes)],
        key =>
        {
            var context = new DefaultHttpContext();
            context.Request.Headers[IdempotencyKey.HeaderName] = Encoding.UTF8.GetString(key);
            if (IdempotencyKey.Read(context.Request, out string? read) is { } refusal)
                Assert.Equal(400, ProblemCodes.StatusOf(refusal.Code));
            else
                Assert.InRange(read!.Length, 1, IdempotencyKey.LengthMax);
        },
        _ => false, AllocatedBytesMax);

    [Fact]
    public void More_query_heads_than_a_partial_can_have_rows_are_refused_by_the_memory_limit()
    {
        const string header = """{"q":{"dtype":"F32","shape":[4194304,1024,1],"data_offsets":[0,17179869184]},"k":{"dtype":"F32","shape":[1,1,1],"data_offsets":[17179869184,17179869188]},"v":{"dtype":"F32","shape":[1,1,1],"data_offsets":[17179869188,17179869192]}}""";

        Assert.Equal("memory-limit", Prepare("?rows_per_block=1024", Encoding.ASCII.GetBytes(header))?.Code.Name());
    }

    [Fact]
    public void A_body_that_promises_all_the_bytes_that_can_be_counted_takes_no_less_than_that() =>
        Assert.Equal(long.MaxValue, new JobSize(1, 1, 1, long.MaxValue - 1, 100).TotalBytes);

    private static Refusal? Prepare(string text, ReadOnlySpan<byte> header)
    {
        var query = new QueryCollection(QueryHelpers.ParseQuery(text));
        PreparedJob? job = null;
        if (QueryOptions.Parse(query, out Refusal? refusal) is { } options)
            job = PreparedJob.Create(new BodyHeader([], SafetensorsPrefix.Parse(header, "x")), options, s_node, out refusal);
        if (refusal is null)
            Assert.True(job!.Size.Tasks > -1 && job.Size.ResultBytes > 0 && job.Size.InputBytes > 0);
        else
            Assert.InRange(ProblemCodes.StatusOf(refusal.Code)!.Value, 400, 499);
        return refusal;
    }
}
