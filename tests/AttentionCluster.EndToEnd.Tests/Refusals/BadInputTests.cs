using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Refusals;

/// <summary>Every malformed input has its own message, and costs no work.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public BadInputTests()
    {
        _folder.Write("good.npy", Npy.Zeros(1, 4, 6, 8));
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, byte[], string[]> BadFiles => new()
    {
        { "truncated", Npy.File("(1, 4, 6, 8)", 100), ["q.npy", "668 more bytes"] },
        { "longer than its shape", Npy.File("(1, 4, 6, 8)", 800), ["q.npy", "32 more bytes"] },
        { "integers", Npy.File("(1, 4, 6, 8)", 768, "<i4"), ["q.npy", "<i4", "<f4"] },
        { "big endian", Npy.File("(1, 4, 6, 8)", 768, ">f4"), ["q.npy", ">f4", "big endian"] },
        { "an unknown type", Npy.File("(1, 4, 6, 8)", 768, "<x9"), ["q.npy", "<x9"] },
        { "a zero length", Npy.File("(1, 4, 0, 8)", 0), ["q.npy", "(1, 4, 0, 8)"] },
        { "one axis", Npy.File("(8,)", 32), ["q", "[8]", "[batch, heads, rows, width]"] },
        { "five axes", Npy.File("(1, 1, 1, 1, 1)", 4), ["q", "[1, 1, 1, 1, 1]"] },
        { "empty", [], ["q.npy", "empty"] },
        { "a safetensors header larger than the file", Safetensors.WithHeaderLength(1000), ["q.npy", "1000"] },
        { "a safetensors header beyond all limits", Safetensors.WithHeaderLength(1L << 60), ["q.npy"] },
        { "safetensors with integers", Safetensors.Zeros(("q", "I64", 8, [2, 2])), ["q", "I64", "F32"] },
        { "safetensors with an unknown type", Safetensors.Zeros(("q", "F99", 8, [2, 2])), ["q.npy", "F99"] },
        { "safetensors without the name", Safetensors.Zeros(("x", "F32", 4, [2, 2]), ("y", "F32", 4, [2, 2])), ["x, y", "'q'"] },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_bad_file_is_refused(string what, byte[] content, string[] words)
    {
        _ = what;
        _folder.Write("q.npy", content);

        Attn.Run(_folder, "attend", "--q", "q.npy", "--k", "good.npy", "--v", "good.npy").ExpectRefusal(words);
        Assert.Empty(_folder.Leftovers());
    }

    [Theory]
    [InlineData("--q none.npy --k good.npy --v good.npy", "--q", "there is no file none.npy")]
    [InlineData("--q nowhere/none.npy --k good.npy --v good.npy", "there is no file nowhere/none.npy")]
    [InlineData("--q tmp --k good.npy --v good.npy", "tmp is a folder")]
    [InlineData("--q good.npy --k good.npy", "--v is missing")]
    [InlineData("--q good.npy --k good.npy --v good.npy --random 1,1,2,2", "more than one way")]
    [InlineData("--q good.npy --k good.npy --v good.npy --seed 3", "--seed has no meaning without --random")]
    [InlineData("", "no input is named", "--random")]
    [InlineData("--random 1,8,100", "'1,8,100'", "B,Hq[:Hkv],Nq[:Nk],Dk[:Dv]")]
    [InlineData("--random 1,8,0,64", "'1,8,0,64'")]
    [InlineData("--random 1,8:3,100,64", "[1, 8, 100, 64]", "[1, 3, 100, 64]", "don't divide")]
    [InlineData("--random 1,1,10,577", "wider than 576")]
    [InlineData("--random 1,1,10,8 --seed -1", "--seed", "'-1'")]
    [InlineData("--random 1,1,10,8 --window 5", "--window", "'5'")]
    [InlineData("--random 1,1,10,8 --window -2,0", "--window", "'-2,0'")]
    [InlineData("--random 1,1,10,8 --scale big", "--scale", "'big'")]
    [InlineData("--random 1,1,10,8 --scale NaN", "scale", "NaN")]
    [InlineData("--random 1,1,10,8 --offset 99999999999", "offset", "99999999999")]
    [InlineData("--random 1,1,10,8 --align left", "--align", "'left'", "top-left")]
    [InlineData("--random 1,1,10,8 --kernel gpu", "--kernel", "'gpu'", "avx512")]
    [InlineData("--random 1,1,10,8 --keys-per-segment 0", "keys-per-segment", "at least 1")]
    [InlineData("--random 1,1,10,8 --rows-per-block 0", "rows-per-block", "at least 1")]
    [InlineData("--random 1,1,10,8 --verify -1", "verify", "-1")]
    [InlineData("--random 1,1,10,8 --threads 0", "threads", "from 1 to 1024")]
    [InlineData("--random 1,1,10,8 --threads two", "--threads", "'two'")]
    [InlineData("--random 1,1,10,8 --chunk-bytes 16", "chunk-bytes", "from 4096")]
    [InlineData("--random 1,1,10,8 --memory 1MiB", "memory", "64 MiB")]
    [InlineData("--random 1,1,10,8 --memory lots", "--memory", "'lots'", "4GiB")]
    [InlineData("--random 1,1,10,8 --verbose", "--verbose")]
    [InlineData("--random 1,1,10,8 -o out.txt", "out.txt", ".safetensors or .npy")]
    [InlineData("--random 1,1,10,8 -o nowhere/out.npy", "nowhere", "does not exist")]
    [InlineData("--random 1,1,10,8 -o good.npy/out.npy", "good.npy", "does not exist")]
    [InlineData("--random 1,1,10,8 -o /proc/out.npy", "/proc", "not writable")]
    [InlineData("--q good.npy --k good.npy --v good.npy -o good.npy", "good.npy", "also an input")]
    [InlineData("--random 1,64,100000000:16,512 -o out.safetensors", "needed", "available", "TiB")]
    public void A_bad_command_line_is_refused(string arguments, params string[] words)
    {
        Attn.Run(_folder, ["attend", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).ExpectRefusal(words);
        Assert.Empty(_folder.Leftovers());
    }

    [Theory]
    [InlineData(new[] { 2, 4, 6, 8 }, new[] { 1, 4, 6, 8 }, new[] { 1, 4, 6, 8 }, "q [2, 4, 6, 8] and k [1, 4, 6, 8]")]
    [InlineData(new[] { 1, 4, 6, 8 }, new[] { 1, 4, 6, 9 }, new[] { 1, 4, 6, 8 }, "q [1, 4, 6, 8] and k [1, 4, 6, 9]")]
    [InlineData(new[] { 1, 4, 6, 8 }, new[] { 1, 4, 6, 8 }, new[] { 1, 4, 5, 8 }, "k [1, 4, 6, 8] and v [1, 4, 5, 8]")]
    [InlineData(new[] { 1, 4, 6, 8 }, new[] { 1, 2, 6, 8 }, new[] { 1, 4, 6, 8 }, "k [1, 2, 6, 8] and v [1, 4, 6, 8]")]
    [InlineData(new[] { 1, 4, 6, 8 }, new[] { 1, 3, 6, 8 }, new[] { 1, 3, 6, 8 },
        "q [1, 4, 6, 8] has 4 heads, which the 3 heads of k [1, 3, 6, 8] don't divide")]
    public void Shapes_that_do_not_fit_name_both_tensors(int[] q, int[] k, int[] v, string words)
    {
        _folder.Write("q.npy", Npy.Zeros(q));
        _folder.Write("k.npy", Npy.Zeros(k));
        _folder.Write("v.npy", Npy.Zeros(v));

        Attn.Run(_folder, "attend", "--q", "q.npy", "--k", "k.npy", "--v", "v.npy").ExpectRefusal(words);
    }

    [Fact]
    public void An_empty_path_is_refused()
    {
        Attn.Run(_folder, "attend", "--q", "", "--k", "good.npy", "--v", "good.npy").ExpectRefusal("--q is empty");
        Attn.Run(_folder, "attend", "--random", "1,1,10,8", "-o", "").ExpectRefusal("--output: ''");
    }

    [Fact]
    public void An_output_that_is_a_folder_is_refused()
    {
        Directory.CreateDirectory(_folder.File("out.npy"));

        Attn.Run(_folder, "attend", "--random", "1,1,10,8", "-o", "out.npy").ExpectRefusal("out.npy is a folder");
    }

    [Theory]
    [InlineData("--kv-lengths", "kv_lengths[0] is 7; it must be from 0 to the 6 keys that there are")]
    [InlineData("--mask", "'mask' is of type Int64")]
    [InlineData("--alibi-slopes", "'alibi_slopes' is of type Int64")]
    [InlineData("--q-documents", "'q_documents' has shape [1]")]
    [InlineData("--k-document-lengths", "'k_document_lengths' needs 'q_document_lengths'")]
    public void A_bad_tensor_beside_q_k_and_v_is_refused_before_any_work(string option, string words)
    {
        byte[] side = Npy.File("(1,)", 8, "<i8");
        side[^8] = 7;
        _folder.Write("side.npy", side);

        Attn.Run(_folder, "attend", "--random", "1,4,6,8", option, "side.npy").ExpectRefusal(words);
        Assert.Empty(_folder.Leftovers());
    }

    [Fact]
    public void An_unknown_tensor_in_an_input_is_refused()
    {
        (string, string, int, int[]) Tensor(string name) => (name, "F32", 4, [2, 3]);
        _folder.Write("in.safetensors", Safetensors.Zeros(Tensor("q"), Tensor("k"), Tensor("v"), Tensor("masks")));

        Attn.Run(_folder, "attend", "--input", "in.safetensors")
            .ExpectRefusal("in.safetensors", "'masks' is not known",
            "leave it out, or name each tensor that is wanted: --q in.safetensors --k in.safetensors --v in.safetensors");
    }
}
