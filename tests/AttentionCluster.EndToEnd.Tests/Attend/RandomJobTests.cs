using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Attend;

public sealed class RandomJobTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Json_prints_the_report_and_nothing_else()
    {
        AttnResult result = Attn.Run(_folder, "attend", "--random", "1,4:2,1000,64", "--causal", "--verify", "16", "--json").Expect(0);

        JsonElement report = result.Json;
        Assert.Single(result.Output.TrimEnd('\n').Split('\n'));
        Assert.Equal("succeeded", report.GetProperty("state").GetString());
        Assert.Equal(64, report.GetProperty("output_sha256").GetString()!.Length);
        Assert.Equal(64, report.GetProperty("lse_sha256").GetString()!.Length);
        Assert.True(report.GetProperty("verify").GetProperty("ok").GetBoolean());
        Assert.True(report.GetProperty("tiles_skipped").GetInt64() > 0);
        // Each of 4 heads has 1000 * 1001 / 2 visible pairs, with 2 (Dk + Dv) operations for each.
        Assert.Equal(4 * 500_500 * 256.0, report.GetProperty("flops").GetDouble());
    }

    [Fact]
    public void A_person_reads_state_speed_skipped_tiles_hashes_and_the_check()
    {
        AttnResult result = Attn.Run(_folder, "attend", "--random", "1,2,1000,32", "--causal", "--verify", "8").Expect(0);

        Assert.Contains("succeeded", result.Output, StringComparison.Ordinal);
        Assert.Contains("GFLOP/s", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"skipped \(\d+\.\d %\)", result.Output);
        Assert.Matches("output sha256 +[0-9a-f]{64}", result.Output);
        Assert.Matches("lse sha256 +[0-9a-f]{64}", result.Output);
        Assert.Matches("verify ok +8 rows", result.Output);
        Assert.Empty(result.Error);
        Assert.Empty(_folder.Leftovers());
    }

    [Fact]
    public void Quiet_prints_nothing_and_nothing_is_left_behind_but_the_output()
    {
        AttnResult result = Attn.Run(_folder, "attend", "--random", "1,1,10,8", "--out-dtype", "f32", "-o", "out.safetensors", "--quiet")
            .Expect(0);

        Assert.Empty(result.Output);
        Assert.Empty(result.Error);
        Assert.True(File.Exists(_folder.File("out.safetensors")));
        Assert.Empty(_folder.Leftovers());
    }

    [Fact]
    public void Bfloat16_has_no_place_in_npy()
    {
        Attn.Run(_folder, "attend", "--random", "1,1,10,8", "--out-dtype", "bf16", "-o", "out.npy")
            .ExpectRefusal("out.npy", "bfloat16", ".safetensors");
        Attn.Run(_folder, "attend", "--random", "1,1,10,8", "--out-dtype", "f16", "-o", "out.npy", "--quiet").Expect(0);

        Assert.Equal(128 + (10 * 8 * 2), new FileInfo(_folder.File("out.npy")).Length);
    }

    [Fact]
    public void Results_are_joined_by_merge()
    {
        foreach (string seed in (string[])["1", "2", "3"])
            Attn.Run(_folder, "attend", "--random", "1,2,10,8", "--seed", seed, "--out-dtype", "f16", "-o", $"{seed}.safetensors",
                "--quiet").Expect(0);
        Attn.Run(_folder, "attend", "--random", "1,2,10,8", "--no-lse", "-o", "no.safetensors", "--quiet").Expect(0);

        AttnResult result = Attn.Run(_folder, "merge", "1.safetensors", "2.safetensors", "3.safetensors", "-o", "all.safetensors")
            .Expect(0);

        Assert.Contains(_folder.File("all.safetensors"), result.Output, StringComparison.Ordinal);
        byte[] all = File.ReadAllBytes(_folder.File("all.safetensors"));
        Assert.Equal([1, 2, 10, 8], Safetensors.Shape(all, "o"));
        (long start, long end) = Safetensors.Locate(all, "o");
        Assert.Equal(2 * 2 * 10 * 8, end - start);
        Attn.Run(_folder, "merge", "1.safetensors", "no.safetensors", "-o", "x.safetensors").ExpectRefusal("no.safetensors", "'lse'");
        Attn.Run(_folder, "merge", "1.safetensors", "2.safetensors", "-o", "2.safetensors").ExpectRefusal("2.safetensors", "also an input");
        Attn.Run(_folder, "merge", "1.safetensors", "2.safetensors", "-o", "x.npy").ExpectRefusal("x.npy", ".safetensors");
        Attn.Run(_folder, "merge", "1.safetensors", "gone.safetensors", "-o", "x.safetensors").ExpectRefusal("gone.safetensors");
        Attn.Run(_folder, "merge", "1.safetensors", "-o", "x.safetensors").ExpectRefusal("from 2 to");
        Assert.Empty(_folder.Leftovers());
    }

    [Fact]
    public void An_input_that_is_not_finite_is_named_or_refused()
    {
        byte[] input = Safetensors.Zeros(("q", "F32", 4, [5, 4]), ("k", "F32", 4, [5, 4]), ("v", "F32", 4, [5, 4]));
        BitConverter.TryWriteBytes(input.AsSpan((int)Safetensors.Locate(input, "k").Start + (17 * sizeof(float))), float.NaN);
        _folder.Write("in.safetensors", input);

        AttnResult warned = Attn.Run(_folder, "attend", "--input", "in.safetensors", "--json").Expect(0);
        Assert.Equal("k has NaN at [4,1]", warned.Json.GetProperty("warnings")[0].GetString());

        AttnResult refused = Attn.Run(_folder, "attend", "--input", "in.safetensors", "--reject-nonfinite", "-o", "out.safetensors");
        refused.ExpectRefusal("k has NaN at [4,1]");
        Assert.False(File.Exists(_folder.File("out.safetensors")));
    }

    [Fact]
    public void The_seed_changes_the_data_and_1_is_the_default()
    {
        string Hash(params string[] seed) => Attn
            .Run(_folder, ["attend", "--random", "1,1,50,8", "--json", .. seed])
            .Expect(0).Json.GetProperty("output_sha256").GetString()!;

        Assert.Equal(Hash(), Hash("--seed", "1"));
        Assert.NotEqual(Hash(), Hash("--seed", "2"));
    }

    [Fact]
    public void No_lse_leaves_it_out_of_file_and_report()
    {
        AttnResult result = Attn.Run(_folder, "attend", "--random", "1,1,50,8", "--no-lse", "-o", "out.safetensors", "--json").Expect(0);

        Assert.Equal(JsonValueKind.Null, result.Json.GetProperty("lse_sha256").ValueKind);
        Assert.Throws<KeyNotFoundException>(() => Safetensors.Locate(File.ReadAllBytes(_folder.File("out.safetensors")), "lse"));
    }
}
