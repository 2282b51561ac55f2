using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Bench;

/// <summary>Small and quick measurements: that there are numbers, not how large they are.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Kernel_measures_every_path_full_and_causal()
    {
        List<JsonElement> results = Measure("bench kernel --shape N100D24 --turns 1 --json");

        Assert.Contains("portable", results.Select(result => result.GetProperty("kernel").GetString()));
        Assert.All(results.GroupBy(result => result.GetProperty("kernel").GetString()), path =>
            Assert.Equal([false, true], path.Select(result => result.GetProperty("causal").GetBoolean())));
        Assert.All(results, result =>
        {
            Assert.Equal("N100D24", result.GetProperty("shape").GetString());
            Assert.Equal(1, result.GetProperty("threads").GetInt32());
            ExpectPositive(result, "gflops", "limit_gflops", "limit_fraction");
        });
    }

    [Fact]
    public void Kernel_measures_one_path_with_several_numbers_of_threads()
    {
        int all = Environment.ProcessorCount;
        List<JsonElement> results = Measure($"bench kernel --kernel portable --shape H2N50D8 --threads 1,{all} --turns 2 --json");

        Assert.All(results, result => Assert.Equal("portable", result.GetProperty("kernel").GetString()));
        Assert.Equal([.. new[] { 1, all }.Distinct()], results.Select(result => result.GetProperty("threads").GetInt32()).Distinct());
    }

    [Fact]
    public void Decode_measures_one_four_and_sixteen_rows_of_float32_and_bfloat16()
    {
        List<JsonElement> results = Measure("bench decode --keys 1000 --threads 1 --turns 1 --json");

        Assert.Equal(
            [("f32", 1), ("f32", 4), ("f32", 16), ("bf16", 1), ("bf16", 4), ("bf16", 16)],
            results.Select(result => (result.GetProperty("dtype").GetString()!, result.GetProperty("rows").GetInt32())));
        Assert.All(results, result =>
        {
            int bytes = result.GetProperty("dtype").GetString() == "f32" ? 4 : 2;
            Assert.Equal(1000, result.GetProperty("keys").GetInt32());
            Assert.Equal(8, result.GetProperty("heads").GetInt32());
            Assert.Equal(128, result.GetProperty("width").GetInt32());
            Assert.InRange(result.GetProperty("kv_bytes").GetInt64(), 8 * 1000 * 128 * bytes * 2, 8 * 1024 * 128 * bytes * 2);
            ExpectPositive(result, "kv_gb_per_second", "read_gb_per_second", "read_fraction");
        });
    }

    [Fact]
    public void Cluster_measures_a_job_beside_the_kernel_alone()
    {
        JsonElement result = Assert.Single(Measure("bench cluster --shape H2N300D16 --threads 1 --turns 1 --json"));

        Assert.Equal("H2N300D16", result.GetProperty("shape").GetString());
        ExpectPositive(result, "alone_gflops", "alone_seconds", "cluster_seconds", "total_seconds", "alone_fraction", "ideal_fraction");
        Assert.Empty(_folder.Leftovers());
    }

    [Theory]
    [InlineData("bench kernel --shape N100D24 --kernel portable --turns 1", "portable N100D24 +causal +1 ")]
    [InlineData("bench decode --keys 100 --threads 1 --turns 1", "f32 +8 +16 +100 +128 +1 ")]
    [InlineData("bench cluster --shape H2N300D16 --threads 1 --turns 1", "H2N300D16 +causal +1 ")]
    public void A_table_has_a_line_for_each_result(string arguments, string line)
    {
        AttnResult result = Attn.Run(_folder, arguments.Split(' ')).Expect(0);

        Assert.Matches("^kernel ", result.Output);
        Assert.Matches(line, result.Output);
        Assert.Empty(result.Error);
    }

    [Theory]
    [InlineData("bench", "attn bench --help")]
    [InlineData("bench speed", "'speed'", "attn bench --help")]
    [InlineData("bench kernel --turns 0", "--turns", "'0'", "from 1 to 1000", "attn bench kernel --help")]
    [InlineData("bench kernel --threads 0", "--threads", "'0'", "processors")]
    [InlineData("bench kernel --threads 1,", "--threads", "'1,'")]
    [InlineData("bench kernel --threads 100000", "--threads", "'100000'")]
    [InlineData("bench kernel --kernel reference", "--kernel", "'reference'", "avx512")]
    [InlineData("bench kernel --shape 4096x128", "--shape", "'4096x128'", "N4096D128")]
    [InlineData("bench kernel --shape N0D128", "--shape", "'N0D128'")]
    [InlineData("bench kernel --shape N10D577", "wider than 576")]
    [InlineData("bench kernel --shape H200N1000000D512", "N1000000D512", "needed", "free", "--shape")]
    [InlineData("bench decode --keys 0", "keys is 0", "at least 1")]
    [InlineData("bench decode --keys 1000000000", "1000000000 keys", "TiB", "needed", "free", "--keys")]
    [InlineData("bench decode --shape N10D10", "--shape")]
    [InlineData("bench cluster --shape H200N1000000D512", "needed", "free")]
    public void A_bad_command_line_is_refused(string arguments, params string[] words)
    {
        Attn.Run(_folder, arguments.Split(' ')).ExpectRefusal(words);
        Assert.Empty(_folder.Leftovers());
    }

    private List<JsonElement> Measure(string arguments) =>
        [.. Attn.Run(_folder, arguments.Split(' ')).Expect(0).Json.EnumerateArray()];

    private static void ExpectPositive(JsonElement result, params string[] fields) =>
        Assert.All(fields, field => Assert.True(result.GetProperty(field).GetDouble() > 0, field));
}
