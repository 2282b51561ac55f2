using AttentionCluster.EndToEnd.Tests.Running;

namespace AttentionCluster.EndToEnd.Tests.Verify;

[Collection(ComputedJob.Collection)]
public sealed class VerifyTests(ComputedJob job) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("o", 3)] // sign and exponent
    [InlineData("o", 0)] // the lowest bits of the mantissa, far below any error bound
    [InlineData("lse", 0)]
    public void A_flipped_bit_is_found_and_its_row_named(string tensor, int byteOfElement)
    {
        job.CopyTo(_folder);
        int head = 2, row = 11;
        int element = (head * ComputedJob.QueryRows + row) * (tensor == "o" ? ComputedJob.ValueWidth : 1);
        Flip(tensor, element, byteOfElement);

        AttnResult result = Verify().Expect(1);

        Assert.StartsWith("verify FAILED", result.Output, StringComparison.Ordinal);
        Assert.Contains($"{tensor} was changed after the job in batch 0, head {head}, row {row}\n", result.Error, StringComparison.Ordinal);
        Assert.Empty(_folder.Leftovers());
    }

    [SkippableTheory]
    [InlineData("f16")]
    [InlineData("bf16")]
    public void A_result_in_16_bits_is_verified_and_its_changed_rows_are_named(string type)
    {
        job.CopyTo(_folder);
        Attn.Run(_folder, ["attend", .. ComputedJob.Inputs, "--causal", "--out-dtype", type, "-o", "out.safetensors", "--quiet"]).Expect(0);
        Assert.StartsWith("verify ok", Verify().Expect(0).Output, StringComparison.Ordinal);

        byte[] file = File.ReadAllBytes(_folder.File("out.safetensors"));
        int element = (((4 + 3) * ComputedJob.QueryRows) + 5) * ComputedJob.ValueWidth;
        file[Safetensors.Locate(file, "o").Start + (2 * element)] ^= 1;
        _folder.Write("out.safetensors", file);

        Assert.Contains("o was changed after the job in batch 1, head 3, row 5\n", Verify().Expect(1).Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_wrong_row_is_found_without_hashes()
    {
        job.CopyTo(_folder);
        byte[] file = File.ReadAllBytes(_folder.File("out.npy"));
        // The last element's exponent: the last row of the last head of the second batch entry.
        file[^1] ^= 0x20;
        _folder.Write("out.npy", file);

        AttnResult result = Attn.Run(_folder, ["verify", .. ComputedJob.Inputs, "--output", "out.npy", "--causal"]).Expect(1);

        Assert.Contains($"batch 1, head 3, row {ComputedJob.QueryRows - 1}", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_nan_where_none_belongs_is_an_error()
    {
        job.CopyTo(_folder);
        byte[] file = File.ReadAllBytes(_folder.File("out.npy"));
        BitConverter.TryWriteBytes(file.AsSpan(^sizeof(float)), float.NaN);
        _folder.Write("out.npy", file);

        AttnResult result = Attn.Run(_folder, ["verify", .. ComputedJob.Inputs, "--output", "out.npy", "--causal"]).Expect(1);

        Assert.Contains($"the result is wrong in batch 1, head 3, row {ComputedJob.QueryRows - 1}", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_recorded_options_are_the_default_and_others_give_another_answer()
    {
        job.CopyTo(_folder);

        // Without --causal on the command line:
        Assert.StartsWith("verify ok", Verify().Expect(0).Output, StringComparison.Ordinal);
        Verify("--offset", "5").Expect(1);
    }

    [SkippableFact]
    public void A_sample_of_the_rows_can_be_asked_for()
    {
        job.CopyTo(_folder);

        Assert.Contains(" 20 rows", Verify("--rows", "20").Expect(0).Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Another_input_than_the_jobs_is_an_error_of_the_check()
    {
        job.CopyTo(_folder);
        PlainPython.Run(_folder, "write_npy.py", "other.npy", "f", "2", "4", "37", "16");

        Attn.Run(_folder, "verify", "--q", "other.npy", "--k", "k.npy", "--v", "v.npy", "--output", "out.safetensors").Expect(1);
    }

    [SkippableFact]
    public void Shapes_that_do_not_fit_are_wrong_input()
    {
        job.CopyTo(_folder);
        _folder.Write("v.npy", Npy.Zeros(2, 2, 29, 7));

        Verify().ExpectRefusal("o [2, 4, 37, 8]", "wanted [2, 4, 37, 7]");
    }

    [Fact]
    public void A_missing_result_is_wrong_input()
    {
        _folder.Write("q.npy", Npy.Zeros(2, 3));

        Attn.Run(_folder, "verify", "--q", "q.npy", "--k", "q.npy", "--v", "q.npy", "--output", "none.safetensors")
            .ExpectRefusal("--output", "none.safetensors");
    }

    private AttnResult Verify(params string[] more) =>
        Attn.Run(_folder, ["verify", .. ComputedJob.Inputs, "--output", "out.safetensors", .. more]);

    private void Flip(string tensor, int element, int byteOfElement)
    {
        byte[] file = File.ReadAllBytes(_folder.File("out.safetensors"));
        (long start, _) = Safetensors.Locate(file, tensor);
        file[start + (element * sizeof(float)) + byteOfElement] ^= 1;
        _folder.Write("out.safetensors", file);
    }
}
