using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Attend;

/// <summary>The law that gives the product its use: how a job is run changes no bit of its result.</summary>
public sealed class SameBitsTests : IDisposable
{
    // Several blocks and segments, the last of each cut short.
    private static readonly string[] s_job =
        ["attend", "--random", "1,4:2,1500:1700,40:24", "--causal", "--keys-per-segment", "512", "--json"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Threads_chunks_and_blocks_change_no_bit()
    {
        (string, string) one = Hashes("--threads", "1", "--rows-per-block", "256");

        Assert.Equal(one, Hashes("--threads", "2", "--rows-per-block", "256"));
        Assert.Equal(one, Hashes("--threads", "2", "--rows-per-block", "256", "--chunk-bytes", "4096"));
        Assert.Equal(one, Hashes("--threads", "2", "--rows-per-block", "100"));
        Assert.Equal(one, Hashes("--threads", "2", "--rows-per-block", "256", "--memory", "64MiB"));
    }

    [Fact]
    public void Nor_do_they_where_tensors_say_what_rows_see()
    {
        // Documents and slopes of a few numbers, and every third key of a row hidden: scores are zero but for their bias, values are one or
        // two.
        const int heads = 2, rows = 700;
        byte[] file = Safetensors.Zeros(
            ("q_documents", "I64", 8, [1, rows]), ("k_documents", "I64", 8, [1, rows]), ("q", "F32", 4, [1, heads, rows, 8]),
                ("k", "F32", 4, [1, heads, rows, 8]),
            ("v", "F32", 4, [1, heads, rows, 8]), ("alibi_slopes", "F32", 4, [heads]), ("mask", "BOOL", 1, [rows, rows]));
        Fill(file, "q_documents", i => BitConverter.GetBytes(i / 300L));
        Fill(file, "k_documents", i => BitConverter.GetBytes(i / 300L));
        Fill(file, "v", i => BitConverter.GetBytes(1 + (i % 7 / 7f)));
        Fill(file, "alibi_slopes", i => BitConverter.GetBytes(0.3f / (i + 1)));
        Fill(file, "mask", i => [(byte)(i % 3 == 0 ? 0 : 1)]);
        _folder.Write("in.safetensors", file);
        string[] job = ["attend", "--input", "in.safetensors", "--causal", "--keys-per-segment", "256", "--json"];

        (string, string) one = HashesOf(job, "--threads", "1", "--rows-per-block", "256");

        Assert.Equal(one, HashesOf(job, "--threads", "2", "--rows-per-block", "256"));
        Assert.Equal(one, HashesOf(job, "--threads", "2", "--rows-per-block", "100", "--chunk-bytes", "4096"));
    }

    [Fact]
    public void Nor_does_the_way_in_which_documents_are_given()
    {
        const int rows = 700;
        (string, string)[] hashes = [.. new[] { false, true }.Select(byLengths =>
        {
            (string Name, int Count)[] documents =
                byLengths ? [("q_document_lengths", 3), ("k_document_lengths", 3)] : [("q_documents", rows), ("k_documents", rows)];
            byte[] file = Safetensors.Zeros(
                [.. documents.Select(tensor => (tensor.Name, "I64", 8, new[] { 1, tensor.Count })), ("q", "F32", 4, [1, 2, rows, 8]),
                    ("k", "F32", 4, [1, 2, rows, 8]), ("v", "F32", 4, [1, 2, rows, 8])]);
            foreach ((string name, _) in documents)
                Fill(file, name, i => BitConverter.GetBytes(byLengths ? (i < 2 ? 300L : 100L) : i / 300L));
            Fill(file, "v", i => BitConverter.GetBytes(1 + (i % 7 / 7f)));
            _folder.Write("in.safetensors", file);
            return HashesOf(["attend", "--input", "in.safetensors", "--causal", "--keys-per-segment", "256", "--rows-per-block", "200",
                "--json"]);
        })];

        Assert.Equal(hashes[0], hashes[1]);
    }

    private static void Fill(byte[] file, string tensor, Func<int, byte[]> element)
    {
        (long at, long end) = Safetensors.Locate(file, tensor);
        for (int i = 0; at < end; i++)
        {
            byte[] bytes = element(i);
            bytes.CopyTo(file, at);
            at += bytes.Length;
        }
    }

    /// <summary>Whatever this machine computes a family with: what it says of the bits is true of them.</summary>
    [Theory]
    [InlineData("auto", "fused-2", "12650d161f27724e24c234462ce22b3cd051611aff310cba141d2404dd28d82c")]
    [InlineData("separate", "separate-2", "b5b1b3d08338f09b167e7ec7c5f2127c669857f55205664cb6750379b0febaae")]
    public void The_bits_of_a_family_are_the_same_on_every_machine(string kernel, string bits, string sha256)
    {
        JsonElement report =
            Attn.Run(_folder, "attend", "--random", "1,4:2,1000,64", "--causal", "--kernel", kernel, "--json").Expect(0).Json;

        Assert.Equal((bits, sha256), (report.GetProperty("bits").GetString(), report.GetProperty("output_sha256").GetString()));
    }

    private (string Output, string Lse) Hashes(params string[] more) => HashesOf(s_job, more);

    private (string Output, string Lse) HashesOf(string[] job, params string[] more)
    {
        JsonElement report = Attn.Run(_folder, [.. job, .. more]).Expect(0).Json;
        return (report.GetProperty("output_sha256").GetString()!, report.GetProperty("lse_sha256").GetString()!);
    }
}
