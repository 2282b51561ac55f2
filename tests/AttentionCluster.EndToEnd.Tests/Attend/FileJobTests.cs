using System.Text.Json;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Attend;

public sealed class FileJobTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("causal")]
    [InlineData("full")]
    public void Npy_files_from_elsewhere_give_what_the_formula_gives(string mask)
    {
        PlainPython.Require();
        WriteTensors("f");

        Attn.Run(_folder, ["attend", .. Npy(), "-o", "out.safetensors", .. Flags(mask)]).Expect(0);

        PlainPython.Run(_folder, "check_attention.py", "out.safetensors", mask);
        AttnResult verified = Attn.Run(_folder, ["verify", .. Npy(), "--output", "out.safetensors"]).Expect(0);
        Assert.StartsWith("verify ok", verified.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Half_precision_files_are_computed_in_float32()
    {
        PlainPython.Require();
        WriteTensors("e");

        Attn.Run(_folder, ["attend", .. Npy(), "-o", "out.safetensors"]).Expect(0);

        PlainPython.Run(_folder, "check_attention.py", "out.safetensors", "full");
    }

    [SkippableFact]
    public void Double_precision_files_are_converted_with_a_warning()
    {
        PlainPython.Require();
        WriteTensors("d");

        AttnResult result = Attn.Run(_folder, ["attend", .. Npy(), "--json"]).Expect(0);

        JsonElement warnings = result.Json.GetProperty("warnings");
        Assert.Equal(3, warnings.GetArrayLength());
        Assert.Contains("q is float64 and was converted to float32", warnings[0].GetString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_npy_output_holds_the_bytes_of_o()
    {
        PlainPython.Require();
        WriteTensors("f");

        Attn.Run(_folder, ["attend", .. Npy(), "-o", "out.safetensors"]).Expect(0);
        Attn.Run(_folder, ["attend", .. Npy(), "-o", "out.npy"]).Expect(0);

        byte[] both = File.ReadAllBytes(_folder.File("out.safetensors"));
        (long start, long end) = Safetensors.Locate(both, "o");
        byte[] npy = File.ReadAllBytes(_folder.File("out.npy"));
        Assert.Equal(both[(int)start..(int)end], npy[^(int)(end - start)..]);
        Attn.Run(_folder, ["verify", .. Npy(), "--output", "out.npy"]).Expect(0);
        Assert.Empty(_folder.Leftovers());
    }

    [SkippableFact]
    public void An_npz_archive_gives_what_its_members_give()
    {
        PlainPython.Require();
        WriteTensors("f");
        PlainPython.Run(_folder, "write_npz.py", "in.npz", "q.npy", "k.npy", "v.npy");

        AttnResult members = Attn.Run(_folder, ["attend", .. Npy(), "--json"]).Expect(0);
        AttnResult archive = Attn.Run(_folder, "attend", "--input", "in.npz", "--json").Expect(0);

        Assert.Equal(
            members.Json.GetProperty("output_sha256").GetString(), archive.Json.GetProperty("output_sha256").GetString());
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

    private static string[] Npy() => ["--q", "q.npy", "--k", "k.npy", "--v", "v.npy"];

    private static string[] Flags(string mask) => mask == "causal" ? ["--causal"] : [];

    private void WriteTensors(string type)
    {
        PlainPython.Run(_folder, "write_npy.py", "q.npy", type, "2", "4", "37", "16");
        PlainPython.Run(_folder, "write_npy.py", "k.npy", type, "2", "2", "29", "16");
        PlainPython.Run(_folder, "write_npy.py", "v.npy", type, "2", "2", "29", "8");
    }
}
