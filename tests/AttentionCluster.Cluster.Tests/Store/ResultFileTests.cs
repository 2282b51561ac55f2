using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AttentionCluster.Cluster.Store;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Planning;
using AttentionCluster.Core.Results;
using AttentionCluster.Core.Tensors;

namespace AttentionCluster.Cluster.Tests.Store;

public sealed class ResultFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TensorStore _store;

    public ResultFileTests() => _store = new TensorStore(_folder.Path);

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 3, 5, 7)]
    [InlineData(1, 2, 4099, 65)]    // more than one chunk of hashing
    public void Rows_written_in_any_order_are_read_back_and_have_the_hashes_that_were_told(int batch, int heads, int rows, int width)
    {
        AttentionPlan plan = Plan(new TensorShape(batch, heads, rows, width));
        float[] output = Numbers(plan.Shape.Output.ElementCount, seed: 1);
        float[] lse = Numbers(output.Length / width, seed: 2);
        using ResultFile result = _store.CreateResult("job", plan);

        for (int head = (batch * heads) - 1; head >= 0; head--)
        {
            // The second half of the rows, then the first.
            foreach ((int start, int end) in new[] { (rows / 2, rows), (0, rows / 2) })
            {
                int first = (head * rows) + start;
                result.WriteRows(head / heads, head % heads, start, output.AsSpan(first * width, (end - start) * width),
                    lse.AsSpan(first, end - start));
            }
        }

        (string outputHash, string? lseHash) = result.Complete(CancellationToken.None);

        using TensorFile file = TensorFile.Open(result.Path);
        Assert.Equal(MemoryMarshal.AsBytes(output), Read(file, "o"));
        Assert.Equal(MemoryMarshal.AsBytes(lse), Read(file, "lse"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(output))), outputHash);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(lse))), lseHash);
        Assert.Equal(outputHash, file.Metadata["o_sha256"]);
        Assert.Equal(lseHash, file.Metadata["lse_sha256"]);
        Assert.Equal(ResultFile.ByteLengthOf(plan), new FileInfo(result.Path).Length);
    }

    [Theory]
    [InlineData(OutputType.Float16, ElementType.Float16)]
    [InlineData(OutputType.BFloat16, ElementType.BFloat16)]
    public void Rows_are_rounded_to_the_type_that_was_asked_for_and_hashed_as_they_are_written(OutputType wanted, ElementType type)
    {
        // An odd number of elements: what followed them without care would be misaligned.
        AttentionPlan plan = Plan(new TensorShape(1, 1, 5, 7), new AttentionOptions { Output = wanted });
        float[] output = Numbers(35, seed: 1);
        float[] lse = Numbers(5, seed: 2);
        byte[] rounded = new byte[2 * output.Length];
        type.FromSingle(output, rounded);
        float[] widened = new float[output.Length];
        type.ToSingle(rounded, widened);
        using ResultFile result = _store.CreateResult("job", plan);

        result.WriteRows(0, 0, 3, output.AsSpan(3 * 7), lse.AsSpan(3));
        result.WriteRows(0, 0, 0, output.AsSpan(0, 3 * 7), lse.AsSpan(0, 3));
        (string outputHash, string? lseHash) = result.Complete(CancellationToken.None);

        using TensorFile file = TensorFile.Open(result.Path);
        Assert.Equal(type, file.Find("o")!.Type);
        Assert.Equal(rounded, Read(file, "o"));
        Assert.Equal(MemoryMarshal.AsBytes(lse), Read(file, "lse"));
        Assert.Equal(0, file.Find("lse")!.ByteOffset % sizeof(float));
        Assert.Equal(CoreAttention.Sha256(widened), outputHash);
        Assert.Equal(CoreAttention.Sha256(lse), lseHash);
        Assert.Equal(wanted, RecordedOptions.Read(file.Metadata[RecordedOptions.MetadataName], out _)!.Output);
        Assert.Equal(ResultFile.ByteLengthOf(plan), new FileInfo(result.Path).Length);
    }

    [Fact]
    public void A_result_that_was_begun_goes_on_in_its_type_alone()
    {
        var shape = new TensorShape(1, 1, 4, 2);
        AttentionPlan plan = Plan(shape, new AttentionOptions { Output = OutputType.Float16 });
        using (ResultFile begun = ResultFile.Create(Path.Combine(_folder.Path, "begun"), plan, isDurable: true, isKept: true))
            begun.WriteRows(0, 0, 0, [1, 2, 3, 4], [5, 6]);

        Assert.Null(ResultFile.Reopen(Path.Combine(_folder.Path, "begun"),
            Plan(shape, new AttentionOptions { Output = OutputType.BFloat16 }), ""));
        using ResultFile result = ResultFile.Reopen(Path.Combine(_folder.Path, "begun"), plan, "")!;
        result.WriteRows(0, 0, 2, [5, 6, 7, 8], [7, 8]);
        result.Complete(CancellationToken.None);

        using TensorFile file = TensorFile.Open(result.Path);
        Assert.Equal(Enumerable.Range(1, 8).Select(number => (Half)number), MemoryMarshal.Cast<byte, Half>(Read(file, "o")).ToArray());
    }

    /// <summary>
    /// Its header names the path that computed, and no bits: it keeps that header, whose rows lie elsewhere than behind ours.
    /// </summary>
    [Fact]
    public void A_result_that_an_earlier_release_has_begun_goes_on_with_its_rows()
    {
        AttentionPlan plan = Plan(new TensorShape(1, 1, 4, 2), new AttentionOptions { Kernel = KernelChoice.Separate });
        string path = Path.Combine(_folder.Path, "begun"), options =
            RecordedOptions.Write(plan).Replace("separate", "portable", StringComparison.Ordinal);
        SafetensorsLayout earlier = ResultHeader.OfEarlier(plan, options).WithoutHashes;
        byte[] file = new byte[earlier.FileLength];
        earlier.Header.CopyTo(file, 0);
        MemoryMarshal.AsBytes<float>([1, 2, 3, 4]).CopyTo(file.AsSpan((int)earlier.Entries.First(entry => entry.Name == "o").ByteOffset));
        File.WriteAllBytes(path, file);

        Assert.Null(ResultFile.Reopen(path, plan, ""));
        using (ResultFile result = ResultFile.Reopen(path, plan, options)!)
        {
            result.WriteRows(0, 0, 2, [5, 6, 7, 8], [7, 8]);
            result.Complete(CancellationToken.None);
        }

        using TensorFile complete = TensorFile.Open(path);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], MemoryMarshal.Cast<byte, float>(Read(complete, "o")).ToArray());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_tensors_have_the_rank_of_the_query(int rank)
    {
        AttentionPlan plan = Plan(new TensorShape(1, 1, 3, 2, rank));
        using ResultFile result = _store.CreateResult("job", plan);
        result.Complete(CancellationToken.None);

        using TensorFile file = TensorFile.Open(result.Path);
        Assert.Equal(rank, file.Find("o")!.Dimensions.Length);
        Assert.Equal(rank - 1, file.Find("lse")!.Dimensions.Length);
    }

    [Fact]
    public void The_options_are_recorded_with_what_the_defaults_meant()
    {
        AttentionPlan plan = Plan(new TensorShape(1, 1, 3, 4), new AttentionOptions { Causal = true, Kernel = KernelChoice.Portable });
        using ResultFile result = _store.CreateResult("job", plan);
        result.Complete(CancellationToken.None);

        using TensorFile file = TensorFile.Open(result.Path);
        AttentionOptions recorded = RecordedOptions.Read(file.Metadata[RecordedOptions.MetadataName], out _)!;
        Assert.True(recorded.Causal);
        Assert.Equal(($"separate-{BitContract.Version}", $"{plan.KeysPerSegment}"),
            (file.Metadata[BitContract.MetadataName], file.Metadata[BitContract.KeysPerSegmentName]));
        Assert.Equal((KernelChoice.Separate, 0.5, plan.KeysPerSegment, plan.RowsPerBlock),
            (recorded.Kernel, recorded.Scale, recorded.KeysPerSegment, recorded.RowsPerBlock));
    }

    [Fact]
    public void The_tensors_beside_q_k_and_v_are_named()
    {
        AttentionPlan bare = Plan(new TensorShape(1, 1, 3, 4));
        AuxiliaryLayout auxiliary =
            AuxiliaryLayout.Of([new("sink_logits", ElementType.Float32, new TensorShape(1, 1, 1, 1)), AuxiliaryLayout.SlopesOf(1)]);
        AttentionPlan plan = AttentionPlan.Create(bare.Shape, bare.Options, out _, auxiliary)!;
        using ResultFile result = _store.CreateResult("job", plan);
        result.Complete(CancellationToken.None);

        using TensorFile file = TensorFile.Open(result.Path);
        Assert.Equal("alibi_slopes,sink_logits", file.Metadata[RecordedOptions.TensorsName]);
    }

    [Fact]
    public void Without_log_sum_exp_there_is_none()
    {
        AttentionPlan plan = Plan(new TensorShape(1, 1, 2, 1), new AttentionOptions { WithLse = false });
        using ResultFile result = _store.CreateResult("job", plan);
        result.WriteRows(0, 0, 0, [1, 2], [3, 4]);

        Assert.Null(result.Complete(CancellationToken.None).Lse);

        using TensorFile file = TensorFile.Open(result.Path);
        Assert.Null(file.Find("lse"));
        Assert.False(file.Metadata.ContainsKey("lse_sha256"));
        Assert.Equal([1f, 2f], MemoryMarshal.Cast<byte, float>(Read(file, "o")).ToArray());
    }

    [Fact]
    public void A_result_that_was_not_completed_deletes_itself()
    {
        ResultFile result = _store.CreateResult("job", Plan(new TensorShape(1, 1, 2, 1)));
        Assert.True(File.Exists(result.Path));

        result.Dispose();

        Assert.False(File.Exists(result.Path));
    }

    [Fact]
    public void A_result_whose_completion_was_cancelled_deletes_itself()
    {
        ResultFile result = _store.CreateResult("job", Plan(new TensorShape(1, 1, 2, 1)));

        Assert.ThrowsAny<OperationCanceledException>(() => result.Complete(new CancellationToken(canceled: true)));
        result.Dispose();

        Assert.False(File.Exists(result.Path));
    }

    [Fact]
    public void A_completed_result_stays()
    {
        ResultFile result = _store.CreateResult("job", Plan(new TensorShape(1, 1, 2, 1)));
        result.Complete(CancellationToken.None);

        result.Dispose();

        Assert.True(File.Exists(result.Path));
        Assert.StartsWith(_folder.Path, result.Path, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    private static AttentionPlan Plan(TensorShape shape, AttentionOptions? options = null) =>
        Plans.Of(shape, shape, shape, options ?? new AttentionOptions());

    private static float[] Numbers(long count, int seed)
    {
        var random = new Random(seed);
        float[] numbers = new float[count];
        foreach (ref float number in numbers.AsSpan())
            number = random.NextSingle();
        return numbers;
    }

    private static byte[] Read(TensorFile file, string name)
    {
        TensorEntry entry = file.Find(name)!;
        byte[] bytes = new byte[entry.ByteLength];
        file.Read(entry, 0, bytes);
        return bytes;
    }
}
