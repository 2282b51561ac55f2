using System.IO.Compression;
using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Attend;

/// <summary>The tensors beside q, k and v mean the same, whichever way they come in.</summary>
public sealed class AuxiliaryFileTests : IDisposable
{
    private static readonly string[] s_three = ["--q", "all.safetensors", "--k", "all.safetensors", "--v", "all.safetensors"];

    private readonly TemporaryFolder _folder = new();

    public AuxiliaryFileTests()
    {
        // Scores are equal, and the mask hides the second of two keys, so the output is the first value.
        (string, string, int, int[])[] tensors = [("q", "F32", 4, [1, 1]), ("k", "F32", 4, [2, 1]), ("v", "F32", 4, [2, 1])];
        _folder.Write("plain.safetensors", WithValues(Safetensors.Zeros(tensors)));
        _folder.Write("all.safetensors", [.. WithValues(Safetensors.Zeros([.. tensors, ("mask", "BOOL", 1, [1, 2])]))[..^2], 1, 0]);
        _folder.Write("hides.npy", [.. Npy.File("(1, 2)", 0, "|b1"), 1, 0]);
        byte[] length = Npy.File("(1,)", 8, "<i8");
        length[^8] = 1;
        _folder.Write("one.npy", length);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_mask_is_read_whichever_way_it_comes_in()
    {
        string[][] ways =
        [
            ["--input", "all.safetensors"], s_three, ["--input", "plain.safetensors", "--mask", "hides.npy"],
                ["--input", "plain.safetensors", "--mask", "all.safetensors"],
            ["--input", "plain.safetensors", "--kv-lengths", "one.npy"],
        ];
        foreach (string[] way in ways)
            Assert.Equal(1, Output([.. way]));
        Assert.Equal(5, Output("--input", "plain.safetensors"));
        Attn.Run(_folder, ["verify", .. s_three, "--output", "o.npy"]).Expect(1);
        Attn.Run(_folder, ["attend", .. s_three, "-o", "o.npy"]).Expect(0);
        Attn.Run(_folder, ["verify", .. s_three, "--output", "o.npy"]).Expect(0);
        Attn.Run(_folder, "verify", "--input", "plain.safetensors", "--mask", "hides.npy", "--output", "o.npy").Expect(0);
    }

    [Fact]
    public void One_that_is_there_twice_is_refused() =>
        Attn.Run(_folder, ["attend", .. s_three, "--mask", "hides.npy"])
            .ExpectRefusal("'mask' is given twice", "--mask hides.npy", "all.safetensors", "leave one out");

    [Fact]
    public void Members_that_nobody_asked_for_are_in_nobodys_way_and_told_of()
    {
        byte[] zeros = Npy.Zeros(2, 1);
        using (ZipArchive archive = ZipFile.Open(_folder.File("in.npz"), ZipArchiveMode.Create))
        {
            foreach ((string name, byte[] bytes) in ((string, byte[])[])[("q.npy", zeros), ("k.npy", zeros), ("v.npy", zeros),
                ("labels.npy", Npy.File("(2,)", 40, "<U5")), ("readme.txt", [1])])
            {
                using Stream member = archive.CreateEntry(name).Open();
                member.Write(bytes);
            }
        }

        AttnResult result = Attn.Run(_folder, "attend", "--q", "in.npz", "--k", "in.npz", "--v", "in.npz", "--json").Expect(0);
        Assert.Contains("in.npz has 'labels', 'readme.txt', which are not read", result.Json.GetProperty("warnings")[0].GetString(),
            StringComparison.Ordinal);
        Attn.Run(_folder, "attend", "--input", "in.npz").ExpectRefusal("'labels' is not known", "--q in.npz --k in.npz --v in.npz");
    }

    private float Output(params string[] way)
    {
        Attn.Run(_folder, ["attend", .. way, "-o", "o.npy", "--quiet"]).Expect(0);
        return BitConverter.ToSingle(File.ReadAllBytes(_folder.File("o.npy")).AsSpan()[^4..]);
    }

    private static byte[] WithValues(byte[] file)
    {
        (long start, _) = Safetensors.Locate(file, "v");
        BitConverter.TryWriteBytes(file.AsSpan((int)start), 1f);
        BitConverter.TryWriteBytes(file.AsSpan((int)start + 4), 9f);
        return file;
    }
}
