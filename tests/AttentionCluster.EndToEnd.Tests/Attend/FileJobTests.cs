using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Attend;

[Collection(ComputedJob.Collection)]
public sealed class FileJobTests(ComputedJob job) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Npy_files_from_elsewhere_give_what_the_formula_gives()
    {
        job.CopyTo(_folder);
        Attn.Run(_folder, ["attend", .. ComputedJob.Inputs, "-o", "full.safetensors"]).Expect(0);

        PlainPython.Run(_folder, "check_attention.py", "full.safetensors", "full");
        PlainPython.Run(_folder, "check_attention.py", "out.safetensors", "causal");
    }

    [SkippableFact]
    public void Half_precision_files_are_computed_in_float32()
    {
        PlainPython.Require();
        WriteTensors("e");

        Attn.Run(_folder, ["attend", .. ComputedJob.Inputs, "-o", "out.safetensors"]).Expect(0);

        PlainPython.Run(_folder, "check_attention.py", "out.safetensors", "full");
    }

    [SkippableFact]
    public void Double_precision_files_are_converted_with_a_warning()
    {
        PlainPython.Require();
        WriteTensors("d");

        AttnResult result = Attn.Run(_folder, ["attend", .. ComputedJob.Inputs, "--json"]).Expect(0);

        JsonElement warnings = result.Json.GetProperty("warnings");
        Assert.Equal(3, warnings.GetArrayLength());
        Assert.Contains("q is float64 and was converted to float32", warnings[0].GetString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_npy_output_holds_the_bytes_of_o()
    {
        job.CopyTo(_folder);

        byte[] both = File.ReadAllBytes(_folder.File("out.safetensors"));
        (long start, long end) = Safetensors.Locate(both, "o");
        byte[] npy = File.ReadAllBytes(_folder.File("out.npy"));
        Assert.Equal(both[(int)start..(int)end], npy[^(int)(end - start)..]);
        Attn.Run(_folder, ["verify", .. ComputedJob.Inputs, "--output", "out.npy", "--causal"]).Expect(0);
    }

    [SkippableFact]
    public void An_npz_archive_gives_what_its_members_give()
    {
        job.CopyTo(_folder);
        PlainPython.Run(_folder, "write_npz.py", "in.npz", "q.npy", "k.npy", "v.npy");

        Attn.Run(_folder, "attend", "--input", "in.npz", "--causal", "-o", "again.safetensors").Expect(0);

        Assert.Equal(
            File.ReadAllBytes(_folder.File("out.safetensors")), File.ReadAllBytes(_folder.File("again.safetensors")));
    }

    [Fact]
    public void Results_keep_the_rank_of_the_queries()
    {
        _folder.Write("in.safetensors", Safetensors.Zeros(
            ("q", "F32", 4, [3, 8]), ("k", "BF16", 2, [5, 8]), ("v", "F16", 2, [5, 2])));

        Attn.Run(_folder, "attend", "--input", "in.safetensors", "-o", "out.safetensors").Expect(0);

        Assert.Equal([3, 2], Safetensors.Shape(File.ReadAllBytes(_folder.File("out.safetensors")), "o"));
        Assert.Equal([3], Safetensors.Shape(File.ReadAllBytes(_folder.File("out.safetensors")), "lse"));
        Attn.Run(_folder, "verify", "--input", "in.safetensors", "--output", "out.safetensors").Expect(0);
    }

    private void WriteTensors(string type)
    {
        PlainPython.Run(_folder, "write_npy.py", "q.npy", type, "2", "4", "37", "16");
        PlainPython.Run(_folder, "write_npy.py", "k.npy", type, "2", "2", "29", "16");
        PlainPython.Run(_folder, "write_npy.py", "v.npy", type, "2", "2", "29", "8");
    }
}
