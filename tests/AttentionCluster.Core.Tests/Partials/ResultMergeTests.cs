using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Kernels.Reference;
using AttentionCluster.Core.Partials;
using AttentionCluster.Core.Results;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Attention;
using AttentionCluster.Core.Tests.Kernels;

namespace AttentionCluster.Core.Tests.Partials;

public sealed unsafe class ResultMergeTests : IDisposable
{
    private const int Keys = 40;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("result-merge-");
    private readonly List<TensorFile> _open = [];

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(39)]
    [InlineData(13, 14)]
    [InlineData(5, 17, 30)]
    [InlineData(1, 2, 3, 4)]
    public void Parts_of_the_keys_give_the_attention_over_all_of_them(params int[] cuts)
    {
        AttentionProblem whole = AttentionProblem.Random(new AttentionCase(11, Keys, 8, 5) { QueryMax = 10 });
        int[] ends = [.. cuts, Keys];
        TensorFile[] parts = [.. ends.Select((end, i) => Part($"part-{i}", Slice(whole, i == 0 ? 0 : ends[i - 1], end)))];

        (float[] output, float[] lse) = Merge(parts);

        double[] expected = new double[5];
        for (int row = 0; row < 11; row++)
        {
            double expectedLse = ReferenceAttention.Row(
                whole.QueryRow(0, 0, row), AttentionProblem.RowsOf(whole.Key, whole.Shape.Key, 0, 0),
                    AttentionProblem.RowsOf(whole.Value, whole.Shape.Value, 0, 0),
                new KeyRange(0, Keys), whole.Case.Plan.Scale, expected);
            Assert.Equal(expectedLse, lse[row], 1e-5);
            for (int d = 0; d < 5; d++)
                Assert.Equal(expected[d], output[(row * 5) + d], 1e-5);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void The_bits_are_those_of_the_partial_algebra_in_the_balanced_tree(int parts)
    {
        // Two blocks and a part of one, and a width that partials pad.
        const int width = 509, rows = 1200;
        var random = new Random(parts);
        (float[] Output, float[] Lse)[] results = [.. Enumerable.Range(0, parts).Select(_ => Any(random, rows, width))];

        (float[] output, float[] lse) = Merge([.. results.Select((result, i) => Write($"p{i}", [rows, width], result.Output, result.Lse))]);

        using Partial expected = Tree(results, width, 0, 8)!;
        float[] row = new float[width];
        for (int i = 0; i < rows; i++)
        {
            Assert.Equal(BitConverter.SingleToInt32Bits(PartialAlgebra.Finish(expected, i, row)), BitConverter.SingleToInt32Bits(lse[i]));
            Assert.True(MemoryMarshal.AsBytes<float>(row).SequenceEqual(MemoryMarshal.AsBytes(output.AsSpan(i * width, width))),
                $"row {i}");
        }
    }

    [Fact]
    public void Rows_that_saw_no_key_change_no_bit_and_stay_empty_where_all_are()
    {
        // What an empty row holds does not count.
        TensorFile some = Write("some", [3, 2], [1.1f, 2, 0, 0, 5, 6], [0.3f, float.NegativeInfinity, 7]);
        TensorFile none = Write("none", [3, 2], [float.NaN, 9, float.NaN, 9, 9, 9],
            [float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity]);

        Assert.All([(some, none), (none, some)], pair =>
        {
            (float[] output, float[] lse) = Merge([pair.Item1, pair.Item2]);
            Assert.Equal([1.1f, 2, 0, 0, 5, 6], output);
            Assert.Equal([0.3f, float.NegativeInfinity, 7], lse);
        });
    }

    [Theory]
    [InlineData(ElementType.Float16, ElementType.Float16, ElementType.Float16)]
    [InlineData(ElementType.BFloat16, ElementType.BFloat16, ElementType.BFloat16)]
    [InlineData(ElementType.BFloat16, ElementType.Float16, ElementType.Float32)]
    [InlineData(ElementType.Float16, ElementType.Float32, ElementType.Float32)]
    public void The_joined_output_has_the_type_of_its_parts_or_float32_and_the_hashes_of_what_is_written(ElementType first,
        ElementType second, ElementType joined)
    {
        string path = Path.Combine(_folder.FullName, "joined");
        TensorFile[] parts = [Write("a", [1, 3], [1, 2, 3], [0], first), Write("b", [1, 3], [3, 4, 6], [0], second)];

        ResultMerge.Create(parts, out _)!.Write(path, CancellationToken.None);

        using TensorFile file = TensorFile.Open(path);
        float[] output = Floats(file, "o");
        Assert.Equal(joined, file.Find("o")!.Type);
        Assert.Equal([2f, 3f, 4.5f], output);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(output))), file.Metadata["o_sha256"]);
        Assert.Equal(TensorDigest.Sha256(file, file.Require("lse"), CancellationToken.None), file.Metadata["lse_sha256"]);
        Assert.Equal(new FileInfo(path).Length, ResultMerge.Create(parts, out _)!.ByteLength);
    }

    [Fact]
    public void What_cannot_be_joined_is_refused_with_its_file()
    {
        TensorFile good = Write("good", [2, 4, 3], new float[24], new float[8]);

        AssertRefused("wrong-input", "from 2 to 256", good);
        AssertRefused("wrong-input", "given 2 times", good, good);
        AssertRefused("tensor-missing", "no tensor 'lse'", good, Raw("a", ("o", ElementType.Float32, [2, 4, 3])));
        AssertRefused("tensor-missing", "no tensor 'o'", good, Raw("b", ("lse", ElementType.Float32, [2, 4])));
        AssertRefused("wrong-type", "o in ", good, Raw("c", ("o", ElementType.Int32, [2, 4, 3]), ("lse", ElementType.Float32, [2, 4])));
        AssertRefused("wrong-type", "lse in ", good, Raw("d", ("o", ElementType.Float32, [2, 4, 3]), ("lse", ElementType.Float16, [2, 4])));
        AssertRefused("wrong-shape", "[3]", good, Raw("e", ("o", ElementType.Float32, [3]), ("lse", ElementType.Float32, [])));
        AssertRefused("wrong-shape", "wider than 576", good,
            Raw("f", ("o", ElementType.Float32, [2, 577]), ("lse", ElementType.Float32, [2])));
        AssertRefused("shapes-do-not-fit", "wanted [2, 4]", good,
            Raw("g", ("o", ElementType.Float32, [2, 4, 3]), ("lse", ElementType.Float32, [4, 2])));
        AssertRefused("shapes-do-not-fit", "not the shape", good,
            Raw("h", ("o", ElementType.Float32, [4, 2, 3]), ("lse", ElementType.Float32, [4, 2])));
        AssertRefused("wrong-input", "scale or softcap", Recorded("i", """{"scale":0.5}"""), Recorded("j", """{"scale":0.25}"""));
        Assert.NotNull(ResultMerge.Create([good, Recorded("k", """{"scale":0.25}""")], out _));
    }

    [Fact]
    public void Sink_logits_count_once()
    {
        TensorFile with = WithSinkLogits("with"), without = Recorded("without", "{}");

        AssertRefused("wrong-input", "would count twice", with, without, WithSinkLogits("again"));
        string path = Path.Combine(_folder.FullName, "joined");
        ResultMerge.Create([without, with], out _)!.Write(path, CancellationToken.None);

        // Nor a second time, when what was joined is joined with more.
        _open.Add(TensorFile.Open(path));
        AssertRefused("wrong-input", "would count twice", _open[^1], with);
    }

    [Fact]
    public void A_file_that_is_joined_is_no_output()
    {
        ResultMerge merge = ResultMerge.Create([Write("a", [1, 1], [1], [0]), Write("b", [1, 1], [1], [0])], out _)!;

        Assert.Equal("output-not-writable", merge.CheckOutput(Path.Combine(_folder.FullName, "x", "..", "a"))!.Code.Name());
        Assert.Null(merge.CheckOutput(Path.Combine(_folder.FullName, "c")));
    }

    [Fact]
    public void The_output_is_there_whole_or_as_it_was_before()
    {
        string path = Path.Combine(_folder.FullName, "out");
        File.WriteAllText(path, "before");
        ResultMerge merge = ResultMerge.Create([Write("a", [1, 1], [1], [0]), Write("b", [1, 1], [1], [0])], out _)!;

        Assert.ThrowsAny<OperationCanceledException>(() => merge.Write(path, new CancellationToken(canceled: true)));
        Assert.Equal("before", File.ReadAllText(path));
        merge.Write(path, CancellationToken.None);

        Assert.Equal(["a", "b", "out"], _folder.GetFiles().Select(file => file.Name).Order());
        using TensorFile file = TensorFile.Open(path);
        Assert.Equal([1f], Floats(file, "o"));
    }

    public void Dispose()
    {
        _open.ForEach(file => file.Dispose());
        _folder.Delete(recursive: true);
    }

    private static AttentionProblem Slice(AttentionProblem whole, int start, int end)
    {
        AttentionCase one = whole.Case with { Keys = end - start };
        return new AttentionProblem(one, whole.Query, whole.Key[(start * one.KeyWidth)..(end * one.KeyWidth)],
            whole.Value[(start * one.ValueWidth)..(end * one.ValueWidth)]);
    }

    private static (float[] Output, float[] Lse) Any(Random random, int rows, int width) => (
        [.. Enumerable.Range(0, rows * width).Select(_ => (2 * random.NextSingle()) - 1)],
        [.. Enumerable.Range(0, rows).Select(_ => random.Next(4) == 0 ? float.NegativeInfinity : 20 * random.NextSingle())]);

    /// <summary>The parts from <paramref name="start"/> on, of a subtree over so many: halves first.</summary>
    private static Partial? Tree((float[] Output, float[] Lse)[] results, int width, int start, int count)
    {
        if (start >= results.Length)
            return null;
        if (count == 1)
            return Leaf(results[start].Output, results[start].Lse, width);
        Partial left = Tree(results, width, start, count / 2)!;
        using Partial? right = Tree(results, width, start + (count / 2), count / 2);
        if (right is not null)
            PartialAlgebra.Merge(left, right);
        return left;
    }

    private static Partial Leaf(float[] output, float[] lse, int width)
    {
        var partial = new Partial(lse.Length, width);
        for (int row = 0; row < lse.Length; row++)
        {
            if (lse[row] == float.NegativeInfinity)
                continue;
            (partial.Max[row], partial.Sum[row]) = (lse[row], 1);
            output.AsSpan(row * width, width).CopyTo(new Span<float>(partial.Accumulator + ((long)row * partial.Stride), width));
        }

        return partial;
    }

    private (float[] Output, float[] Lse) Merge(IReadOnlyList<TensorFile> parts)
    {
        string path = Path.Combine(_folder.FullName, "merged");
        ResultMerge? merge = ResultMerge.Create(parts, out Refusal? refusal);
        Assert.True(merge is not null, refusal?.Message);
        merge.Write(path, CancellationToken.None);
        using TensorFile file = TensorFile.Open(path);
        return (Floats(file, "o"), Floats(file, "lse"));
    }

    private TensorFile Part(string name, AttentionProblem problem)
    {
        AttentionResult result = WholeAttention.Compute(problem, KernelPath.Portable);
        return Write(name, [1, 1, problem.Case.Queries, problem.Case.ValueWidth], result.Output, result.Lse);
    }

    private TensorFile Write(string name, long[] dimensions, float[] output, float[] lse, ElementType type = ElementType.Float32)
    {
        SafetensorsLayout layout = SafetensorsHeader.Build([("lse", ElementType.Float32, dimensions[..^1]), ("o", type, dimensions)]);
        byte[] bytes = [.. layout.Header, .. MemoryMarshal.AsBytes<float>(lse), .. Stored.From(output, type)];
        return Open(name, bytes);
    }

    private TensorFile Raw(string name, params (string, ElementType, long[])[] tensors) =>
        Open(name, Zeros(SafetensorsHeader.Build(tensors)));

    private TensorFile Recorded(string name, string options) => WithMetadata(name, RecordedOptions.MetadataName, options);

    private TensorFile WithSinkLogits(string name) => WithMetadata(name, RecordedOptions.TensorsName, "mask,sink_logits");

    private TensorFile WithMetadata(string name, string key, string value) => Open(name, Zeros(SafetensorsHeader.Build(
        [("o", ElementType.Float32, [2, 4, 3]), ("lse", ElementType.Float32, [2, 4])], new Dictionary<string, string> { [key] = value })));

    private static byte[] Zeros(SafetensorsLayout layout) => [.. layout.Header, .. new byte[layout.FileLength - layout.Header.Length]];

    private TensorFile Open(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, bytes);
        _open.Add(TensorFile.Open(path));
        return _open[^1];
    }

    private static void AssertRefused(string code, string words, params TensorFile[] results)
    {
        Assert.Null(ResultMerge.Create(results, out Refusal? refusal));
        Assert.Equal(code, refusal!.Code.Name());
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    private static float[] Floats(TensorFile file, string name)
    {
        TensorEntry entry = file.Require(name);
        byte[] bytes = new byte[entry.ByteLength];
        file.Read(entry, 0, bytes);
        float[] floats = new float[bytes.Length / entry.Type.ByteSize()];
        entry.Type.ToSingle(bytes, floats);
        return floats;
    }
}
