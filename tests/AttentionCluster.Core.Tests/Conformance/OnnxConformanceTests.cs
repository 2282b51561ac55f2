using System.Runtime.InteropServices;
using AttentionCluster.Core.Attention;
using AttentionCluster.Core.Formats;
using AttentionCluster.Core.Kernels.Selection;
using AttentionCluster.Core.Results;
using AttentionCluster.Core.Tensors;
using AttentionCluster.Core.Tests.Kernels;

namespace AttentionCluster.Core.Tests.Conformance;

/// <summary>Every case of ONNX, on all kernels, whole and in parts.</summary>
public sealed class OnnxConformanceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("onnx-");

    public static IEnumerable<object[]> CasesAndPaths =>
        from name in OnnxCase.Names
        from path in KernelCatalog.Paths
        where KernelPaths.IsSupported(path)
        select new object[] { name, path };

    public void Dispose() => _folder.Delete(recursive: true);

    [SkippableTheory]
    [MemberData(nameof(CasesAndPaths))]
    public void The_result_is_that_of_onnx(string name, KernelPath path)
    {
        OnnxCase one = OnnxCase.Read(name);

        one.AssertOutput(Compute(one, path).Output, $"{name} {path}");
    }

    [SkippableTheory]
    [MemberData(nameof(CasesAndPaths))]
    public void Results_over_the_keys_before_and_after_any_of_them_are_joined_into_that_of_onnx(string name, KernelPath path)
    {
        OnnxCase one = OnnxCase.Read(name);
        AssertJoined(one, path, "parts hidden by a mask", one.HideAllBut);
        if (one.KeyLengths is null)
            AssertJoined(one, path, "keys cut in two", one.Slice);
    }

    /// <summary>All cuts are joined at once: they are the batch entries of two files.</summary>
    private void AssertJoined(OnnxCase one, KernelPath path, string what, Func<int, int, OnnxCase> part)
    {
        int keys = one.Key.Shape.Rows;
        int[] cuts = [.. Enumerable.Range(1, keys - 1)];
        using TensorFile before = Write("before", one, [.. cuts.Select(cut => Compute(part(0, cut), path))]);
        using TensorFile after = Write("after", one, [.. cuts.Select(cut => Compute(part(cut, keys), path))]);
        ResultMerge? merge = ResultMerge.Create([before, after], out Refusal? refusal);
        Assert.True(merge is not null, refusal?.Message);
        string joined = Path.Combine(_folder.FullName, "joined");

        merge.Write(joined, CancellationToken.None);

        using var file = TensorFile.Open(joined);
        float[] output = OnnxTensor.Find(file, "o", 1)!.Numbers;
        int length = one.Expected.Numbers.Length;
        foreach (int cut in cuts)
            one.AssertOutput(output.AsSpan((cut - 1) * length, length), $"{what} at {cut}, {path}");
    }

    private static AttentionResult Compute(OnnxCase one, KernelPath path)
    {
        var problem = new AttentionProblem(
            new(one.Query.Shape.Rows, one.Key.Shape.Rows, one.Query.Shape.Width, one.Value.Shape.Width)
            {
                Batch = one.Query.Shape.Batch,
                QueryHeads = one.Query.Shape.Heads,
                KvHeads = one.Key.Shape.Heads,
                Options = one.Options with { KeysPerSegment = 4 },
            },
            one.Query.Numbers, one.Key.Numbers, one.Value.Numbers)
        {
            KeyType = one.Key.Type,
            ValueType = one.Value.Type,
        };
        var tensors = new List<(string, ElementType, int[], double[])>();
        if (one.Mask is { } mask)
            tensors.Add(("mask", mask.Type, [mask.Shape.Batch, mask.Shape.Heads, mask.Shape.Rows, mask.Shape.Width],
                Array.ConvertAll(mask.Numbers, number => (double)number)));
        if (one.KeyLengths is { } lengths)
            tensors.Add(("kv_lengths", ElementType.Int64, [lengths.Length], Array.ConvertAll(lengths, length => (double)length)));
        using AuxiliaryProblem? auxiliary =
            tensors.Count == 0 ? null : AuxiliaryProblem.Of(problem.Shape, problem.Case.Options, [.. tensors]);
        return WholeAttention.Compute(problem with { Auxiliary = auxiliary }, path);
    }

    private TensorFile Write(string name, OnnxCase one, AttentionResult[] results)
    {
        TensorShape shape = one.Expected.Shape;
        long[] rows = [results.Length * (long)shape.Batch, shape.Heads, shape.Rows];
        SafetensorsLayout layout =
            SafetensorsHeader.Build([("o", ElementType.Float32, [.. rows, shape.Width]), ("lse", ElementType.Float32, rows)]);
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path,
            [.. layout.Header, .. Bytes(results.Select(result => result.Output)), .. Bytes(results.Select(result => result.Lse))]);
        return TensorFile.Open(path);
    }

    private static byte[] Bytes(IEnumerable<float[]> numbers) =>
        MemoryMarshal.AsBytes(numbers.SelectMany(some => some).ToArray().AsSpan()).ToArray();
}
